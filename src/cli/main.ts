/** `npx tcpstates …`: one file of this folder is one family of subcommands; it exports `register`, and is named here. */
import { Command } from 'commander';
import { register as audit } from './audit.js';
import { register as diagnose } from './diagnose.js';
import { register as enroll } from './enroll.js';
import { register as hosts } from './hosts.js';
import { register as policy } from './policy.js';
import { register as probeScript } from './probe-script.js';

const FAMILIES: readonly ((program: Command) => void)[] = [diagnose, probeScript, hosts, enroll, policy, audit];

/** The program with all its subcommands, ready to parse. */
export const buildProgram = (): Command => {
  const program = new Command('tcpstates')
    .description(
      'Says what is wrong with the TCP of a Linux host, on which evidence, and what would and would not help.',
    )
    .showHelpAfterError('(--help shows what can be typed)');
  for (const register of FAMILIES) register(program);
  return program;
};

/** @param argv as in process.argv */
export const run = async (argv: readonly string[]): Promise<void> => {
  // `tcpstates diagnose x | head` closes the pipe early: that is no error of ours
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
    throw error;
  });
  await buildProgram().parseAsync([...argv]);
};
