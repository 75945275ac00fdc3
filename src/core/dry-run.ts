/** What the host would be told and what it would do, step by step, before anybody approves: nothing of it is done. */
import { type NotAfter, setRequest } from './gate/request.js';
import type { Plan } from './plan-digest.js';

/** Where a gate puts what was confirmed as persistent. */
export const BOOT_FILE = '/etc/sysctl.d/90-tcpstates.conf';
const RECORDS = '/var/lib/tcpstates-gate';

export interface DryRun {
  /** the one line that would be sent to the gate */
  request: string;
  /** what the gate does with it, in order */
  steps: readonly string[];
}

const shown = (value: string): string => (value === '' ? '(empty)' : value);

/**
 * @param undoes the confirmed change that it takes back, where it is one
 * @throws RangeError for a plan that no gate could be told; `plan.ts` makes none
 */
export const dryRun = (id: string, plan: Plan, notAfter: NotAfter, undoes?: string): DryRun => {
  const { entries, confirmWindowSeconds, persistent } = plan;
  const back = [...entries].reverse();
  return {
    request: setRequest({ id, ttlSeconds: confirmWindowSeconds, notAfter, persistent, entries }),
    steps: [
      `refuses the line when the host has booted anew, or its uptime is beyond ${notAfter.uptimeSeconds} s: it came too late`,
      'refuses while another change of this host is open, and whatever is outside of the bounds that the host keeps itself',
      ...(undoes === undefined
        ? []
        : [
            `takes a value outside of them where its own record of ${undoes} says that it stood there before; without that record it refuses, and nothing is changed`,
          ]),
      ...entries.map(({ key, from }) => `reads ${key}, and stops where it is not ${shown(from)}`),
      `writes what it is about to do to ${RECORDS}, synced to disk, and starts its timer of ${confirmWindowSeconds} s`,
      ...entries.map(({ key, to }) => `writes ${key} = ${shown(to)} and reads it back`),
      `without a confirmation within ${confirmWindowSeconds} s, by itself and without any network: ${back
        .map(({ key, from, to }) => `${key} back to ${shown(from)}, where it is still ${shown(to)}`)
        .join('; ')}`,
      persistent
        ? `with a confirmation: ${entries.map(({ key, to }) => `${key} = ${to}`).join(', ')} into ${BOOT_FILE} by one rename; no other file is touched or read again`
        : 'with a confirmation: stops its timer; nothing is written for the next boot',
      'notes each step in its own log on the host and in syslog',
    ],
  };
};

/** The same for a person with root on a host without a gate: commands to read, set, read back and go back. */
export const byHand = (
  entries: readonly { key: string; from: string; to: string }[],
): { set: string; back: string; boot: string } => {
  const back = [...entries].reverse();
  const expect = (value: string): string => `   # expect: ${shown(value)}`;
  return {
    set: entries
      .flatMap(({ key, from, to }) => [
        `sysctl ${key}${expect(from)}`,
        `sysctl -w ${key}='${to}'`,
        `sysctl ${key}${expect(to)}`,
      ])
      .join('\n'),
    back: back.map(({ key, from }) => `sysctl -w ${key}='${from}'`).join('\n'),
    boot: entries.map(({ key, to }) => `${key} = ${to}`).join('\n'),
  };
};
