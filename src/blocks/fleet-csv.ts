/** Every host of an answer as a row: for a spreadsheet, safe there. */
import { toCsv } from '../core/csv.js';
import { type FleetMember, viewFleet } from '../core/fleet.js';
import { CONNTRACK_USE, ORPHANS, RATES, TCP_MEMORY } from '../core/fleet-numbers.js';
import { TCP_STATES } from '../core/tcp.js';
import { clean } from './escape.js';
import { silenceInWords } from './fleet-words.js';

const NUMBERS = [...TCP_STATES, 'unknown state', CONNTRACK_USE, ORPHANS, TCP_MEMORY, ...Object.keys(RATES)];
const VERDICT = { crit: 'critical', warn: 'warning', unjudged: 'could not judge', ok: 'healthy' } as const;

export const fleetCsv = (input: {
  selector: string;
  startedAt: string;
  members: readonly FleetMember[];
}): { name: string; title: string; content: string } => {
  const apart = new Map(viewFleet(input.members).rows.map((row) => [row.member.host, row.deviations]));
  const rows = [...input.members]
    .sort((a, b) => (a.host < b.host ? -1 : 1))
    .map((member) =>
      member.status === 'measured'
        ? [
            member.host,
            VERDICT[member.level],
            clean(member.clause, 300),
            [...member.causes, ...member.effects].join(' '),
            member.groups.join(' '),
            member.measuredAt,
            Math.round(member.tookMs),
            ...NUMBERS.map((name) => member.numbers[name]),
            (apart.get(member.host) ?? []).map(({ name }) => name).join(' '),
          ]
        : [member.host, 'no answer', silenceInWords(member), member.problem, member.groups.join(' ')],
    );
  const head = ['host', 'verdict', 'what', 'findings', 'groups', 'measured_at', 'took_ms', ...NUMBERS, 'apart_in'];
  const named =
    input.selector
      .replace(/[^A-Za-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 40) || 'hosts';
  return {
    name: `${named}-${input.startedAt.slice(0, 19).replace(/[:T]/g, '-')}.csv`,
    title: `TCP of ${clean(input.selector, 60)}, ${input.startedAt}`,
    content: toCsv(
      head,
      rows.map((row) => [...row, ...Array<undefined>(Math.max(0, head.length - row.length)).fill(undefined)]),
    ),
  };
};
