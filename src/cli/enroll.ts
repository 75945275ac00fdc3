/** `enroll` and `unenroll`: what a host needs so that the bot may change anything on it; printed, or done over SSH. */
import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import { stateScript } from '../core/probe-script.js';
import { sysctlScript } from '../core/sysctl-script.js';
import { gateScript } from '../host/gate.js';
import { type Enrolment, installerScript, publicKey } from '../host/installer.js';
import { destination, runOn } from '../host/login.js';
import { loadSysctls } from '../sysctls.js';

interface Options {
  readKey: string;
  changeKey: string;
  readUser: string;
  changeUser: string;
  apply?: true;
  check?: true;
  purge?: true;
}

const keyFrom = (what: string) => (path: string) => {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InvalidArgumentError(`can't be read (${reason}). Make one with: ssh-keygen -t ed25519 -N '' -f ${what}`);
  }
  try {
    return publicKey(text, 'key');
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
};

const hostArgument = (typed: string): string => {
  try {
    return destination(typed);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
};

/** The enrolment as this version of the program makes it. */
const enrolmentFrom = async (options: Options): Promise<Enrolment> => ({
  gate: gateScript((await loadSysctls()).values()),
  stateScript: stateScript().text,
  sysctlScript: sysctlScript().text,
  readUser: options.readUser,
  changeUser: options.changeUser,
  readKey: options.readKey,
  changeKey: options.changeKey,
});

type What = Parameters<typeof installerScript>[1];

const act = async (host: string, what: What, options: Options, program: Command): Promise<void> => {
  let script: string;
  try {
    script = installerScript(await enrolmentFrom(options), what);
  } catch (error) {
    program.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!options.apply && what !== 'check') {
    process.stdout.write(script);
    process.stderr.write(
      `\nNothing was done. The program above is for root on ${host}: read it, then run it there, or add --apply to run it over your own SSH login.\n`,
    );
    return;
  }
  const status = await runOn(host, script);
  if (status === 255) process.stderr.write(`Could not log in to ${host}; ssh said why above.\n`);
  else if (status !== 0 && what !== 'check')
    process.stderr.write(
      `It did not finish on ${host} (status ${status}); it can be run again as it is. Does your login need a password for sudo? Then run the printed program there by hand.\n`,
    );
  else if (what === 'install')
    process.stderr.write(
      `In inventory.yml give ${host} user: ${options.readUser}, access: gate, and change: with user: ${options.changeUser} and the two private keys.\n`,
    );
  process.exitCode = status;
};

const withKeys = (command: Command): Command =>
  command
    .argument('<host>', 'SSH destination as your own ssh knows it', hostArgument)
    .requiredOption('--read-key <file>', "public key of the bot's read-only identity", keyFrom('tcpstates-read'))
    .requiredOption('--change-key <file>', "public key of the bot's change identity", keyFrom('tcpstates-change'))
    .option('--read-user <name>', 'account for measuring', 'tcpstates')
    .option('--change-user <name>', 'account for changes', 'tcpstates-change')
    .option(
      '--apply',
      'do it over your own SSH login (as root, or through sudo without a password) instead of printing it',
    );

/** Adds the commands to the program. */
export const register = (program: Command): void => {
  withKeys(program.command('enroll'))
    .description('let the bot measure a host, and change what was approved, through the gate')
    .option(
      '--check',
      'only look whether the host is still as enrolled; status 1 and one line for each deviation if not',
    )
    .action((host: string, options: Options, command: Command) =>
      act(host, options.check ? 'check' : 'install', options, command),
    );
  withKeys(program.command('unenroll'))
    .description('take the accounts, keys and the gate off a host; confirmed settings stay')
    .option('--purge', "also remove the confirmed settings' file and the host's own records and audit")
    .action((host: string, options: Options, command: Command) =>
      act(host, options.purge ? 'purge' : 'remove', options, command),
    );
};
