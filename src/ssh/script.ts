/** How a fixed script is put to a host, and when its answer counts as whole. */
import type { Host } from '../core/inventory.js';
import type { Script } from '../core/script.js';

export interface Question {
  /** what is handed to the account's login shell, or to the gate's forced command */
  command: string;
  /** fed to standard input, which stays open: sshd passes a signal on only while it is */
  stdin: string | undefined;
  /** whether a text that ends in a newline is whole; the end of it is enough */
  complete(tail: string): boolean;
}

const VERBS: Readonly<Record<Script['id'], string>> = { state: 'probe', sysctl: 'sysctls', ping: 'version' };

const lastLineIs = (line: string) => {
  const end = `\n${line}`;
  return (tail: string): boolean => {
    const trimmed = tail.trimEnd();
    return trimmed === line || trimmed.endsWith(end);
  };
};

export const questionFor = (host: Host, script: Script): Question => {
  const closes = lastLineIs(script.closingLine);
  if (host.access === 'gate') {
    const gateCloses = lastLineIs('end=ok');
    // The gate says `end=ok` behind everything that it answers; a probe's own closing line must still stand before it.
    return {
      command: VERBS[script.id],
      stdin: undefined,
      complete: (tail) =>
        closes(tail) ||
        (gateCloses(tail) && (script.id === 'ping' || closes(tail.trimEnd().slice(0, -'end=ok'.length)))),
    };
  }
  // `exit` ends the shell with standard input still open. Nothing here is built from what a person typed.
  const answer = script.builtinsOnly === true ? 'echo "$answer"\n' : '';
  return { command: 'sh -s', stdin: `${script.text}\n${answer}exit\n`, complete: closes };
};
