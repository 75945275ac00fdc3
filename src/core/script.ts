/** A fixed read-only program for a host: never built from a person's text. Fed to `sh -s` on standard input. */
export interface Script {
  id: 'state' | 'sysctl' | 'ping';
  text: string;
  /** the last line of a complete answer; without it the answer counts as cut off */
  closingLine: string;
  /** how long the script itself may take on a healthy host */
  expectedMs: number;
  /**
   * It starts no program and does not `exit`: a shell that is kept open may run it in itself. It prints nothing; what it leaves in
   * `answer` is printed at once, since each of a shell's `echo` comes in a packet of its own. No backslashes (dash's `echo`).
   */
  builtinsOnly?: boolean;
}
