/** An administrator's own SSH login, through the system's ssh: their agent, their known hosts, their jump hosts. */
import { spawn } from 'node:child_process';

/** @throws Error for what isn't a plain destination; a leading dash would be an option of ssh */
export const destination = (typed: string): string => {
  if (!/^([A-Za-z_][A-Za-z0-9_.-]{0,63}@)?[A-Za-z0-9][A-Za-z0-9_.:-]{0,253}$/.test(typed))
    throw new Error(`"${typed}" is not an SSH destination; expected a name of your ssh_config or user@host.`);
  return typed;
};

/** Root as it is, or through sudo without a password; the program comes over standard input. */
const REMOTE = 'if [ "$(id -u)" = 0 ]; then exec sh -s; else exec sudo -n sh -s; fi';

/** Nothing of the administrator's is lent to the host: no agent, no forwarding, no terminal. */
export const sshArguments = (host: string): readonly string[] => [
  '-T',
  '-o',
  'ForwardAgent=no',
  '-o',
  'ForwardX11=no',
  '-o',
  'ClearAllForwardings=yes',
  '-o',
  'PermitLocalCommand=no',
  '--',
  destination(host),
  REMOTE,
];

/**
 * Runs an sh program on a host as root. What it prints goes to this process's own output.
 * @param program `ssh`, or another that takes the same arguments
 * @returns its exit status; 255 is ssh's own failure
 */
export const runOn = (host: string, script: string, program = 'ssh'): Promise<number> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, [...sshArguments(host)], { stdio: ['pipe', 'inherit', 'inherit'] });
    child.on('error', (error) =>
      reject(
        new Error(
          `Could not start ${program} (${error.message}). Install the OpenSSH client, or run the printed program on the host.`,
        ),
      ),
    );
    child.on('close', (code) => resolve(code ?? 255));
    child.stdin.on('error', () => {}); // the host hung up: the exit status says it
    child.stdin.end(script);
  });
