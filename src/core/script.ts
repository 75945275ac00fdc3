/** A fixed read-only program for a host: never built from a person's text. Fed to `sh -s` on standard input. */
export interface Script {
  id: 'state' | 'sysctl' | 'ping';
  text: string;
  /** the last line of a complete answer; without it the answer counts as cut off */
  closingLine: string;
  /** how long the script itself may take on a healthy host */
  expectedMs: number;
  /** it starts no program, does not `exit` and leaves nothing behind: a shell that is kept open may run it in itself */
  builtinsOnly?: boolean;
}
