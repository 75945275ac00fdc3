/** `probe-script`: prints the probe, so that `ssh host sh -s < probe.sh` works with no bot at all. */
import { type Command, InvalidArgumentError } from 'commander';
import { stateScript } from '../core/probe-script.js';

/** Below it no rate means anything (see core/rates); above it a person waits too long. */
const INTERVAL_SECONDS_MIN = 2;
const INTERVAL_SECONDS_MAX = 60;

const seconds = (typed: string): number => {
  const value = /^\d{1,3}$/.test(typed) ? Number(typed) : Number.NaN;
  if (!(value >= INTERVAL_SECONDS_MIN && value <= INTERVAL_SECONDS_MAX))
    throw new InvalidArgumentError(
      `a whole number of seconds from ${INTERVAL_SECONDS_MIN} to ${INTERVAL_SECONDS_MAX}: shorter ones give no rates`,
    );
  return value;
};

export const register = (program: Command): void => {
  program
    .command('probe-script')
    .description('print the read-only probe (POSIX sh): ssh HOST sh -s < probe.sh | tcpstates diagnose')
    .option('--interval <s>', 'seconds between its two counter snapshots', seconds)
    .option('--deep', 'count the open files of listening processes even if nothing calls for it')
    .action(({ interval, deep }: { interval?: number; deep?: boolean }) => {
      process.stdout.write(
        stateScript({ ...(interval !== undefined && { intervalSeconds: interval }), ...(deep === true && { deep }) })
          .text,
      );
    });
};
