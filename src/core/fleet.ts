/** Many hosts in one answer: what is wrong first, then who stands apart from its group; who did not answer, by cause; totals. */
import { type Deviation, deviationsOf, GROUP_HOSTS_MIN, type Spreads, spreadsOf } from './fleet-distance.js';
import { CONNTRACK_USE } from './fleet-numbers.js';
import { TCP_STATES } from './tcp.js';

export type FleetLevel = 'crit' | 'warn' | 'unjudged' | 'ok';

export interface MeasuredMember {
  status: 'measured';
  host: string;
  groups: readonly string[];
  /** under which the bot keeps it: details are asked for by it */
  measurement: string;
  measuredAt: string;
  tookMs: number;
  level: FleetLevel;
  /** the verdict without level and host; a host's words may be in it */
  clause: string;
  /** rule ids of what is wrong: causes before what they explain */
  causes: readonly string[];
  effects: readonly string[];
  /** what is nothing wrong and worth a line, by rule id */
  notes?: readonly string[];
  /** by rule id: keys that would cure it and that the bot can set there; none where the host has no gate */
  settable?: Readonly<Record<string, readonly string[]>>;
  /** as in fleet-numbers */
  numbers: Readonly<Record<string, number>>;
}

export interface SilentMember {
  status: 'failed';
  host: string;
  groups: readonly string[];
  /** a transport's problem, or `not-asked` where the fleet's own time was over, or it was stopped, before its turn came */
  problem: string;
  message: string;
  /** the jump host that failed */
  via?: string;
}

export type FleetMember = MeasuredMember | SilentMember;

export interface FleetRow {
  member: MeasuredMember;
  /** in which numbers it stands apart, the furthest first */
  deviations: readonly Deviation[];
  /** the group that it was compared with, and how many of it answered; none where most of that group stand apart from it */
  comparedWith: { name: string; hosts: number } | undefined;
}

export interface SilentGroup {
  problem: string;
  via?: string;
  members: readonly SilentMember[];
  /**
   * Hosts of the same group that answered and whose connection-tracking table drops new connections: a silent host beside them
   * may well have the same trouble, for a full table lets no new SSH in either.
   */
  besideFull: readonly string[];
}

export interface FleetCause {
  id: string;
  level: 'crit' | 'warn';
  hosts: readonly string[];
  /** where the bot can set what would cure it, and which keys that takes */
  settable: { hosts: readonly string[]; keys: readonly string[] };
}

export interface FleetView {
  asked: number;
  answered: number;
  /** wrong, then unjudged, then healthy and apart from their group: each as in `worstFirst` */
  rows: readonly FleetRow[];
  /** nothing wrong and not apart */
  healthy: readonly MeasuredMember[];
  silent: readonly SilentGroup[];
  /** present causes at crit or warn with their hosts, in the same order */
  causes: readonly FleetCause[];
  /** present findings that are nothing wrong and worth a line, with their hosts, the most common first */
  notes: readonly { id: string; hosts: readonly string[] }[];
  /** sums over the hosts that answered; `hosts`: how many told that number */
  totals: readonly { state: string; sum: number; hosts: number }[];
  /** false: too few hosts for a comparison, or most are too unlike each other to be a group */
  compared: boolean;
}

const LEVELS: Readonly<Record<FleetLevel, number>> = { crit: 0, warn: 1, unjudged: 2, ok: 3 };
/** that close to full, new connections are at stake */
const CONNTRACK_FULL_PERCENT = 95;
/** what hides behind a full table looks like this from outside */
const HIDDEN_BY_A_FULL_TABLE: ReadonlySet<string> = new Set([
  'connect-timed-out',
  'login-timed-out',
  'no-answer',
  'wall-clock',
  'dropped',
  'dropped-before-login',
]);

interface Group {
  name: string;
  hosts: number;
  spreads: Spreads;
}

/** Who has each of the keys that any of them has. */
const membersBy = (
  members: readonly MeasuredMember[],
  keysOf: (member: MeasuredMember) => readonly string[],
): ReadonlyMap<string, readonly MeasuredMember[]> => {
  const found = new Map<string, MeasuredMember[]>();
  for (const member of members)
    for (const key of keysOf(member)) {
      const known = found.get(key);
      if (known === undefined) found.set(key, [member]);
      else known.push(member);
    }
  return found;
};

/** The smallest group that is large enough to compare with; the whole selection where none is. */
const groupsFor = (members: readonly MeasuredMember[]): ((member: MeasuredMember) => Group | undefined) => {
  const byName = membersBy(members, ({ groups }) => groups);
  const groupOf = (name: string, inside: readonly MeasuredMember[]): Group => ({
    name,
    hosts: inside.length,
    spreads: spreadsOf(inside.map(({ numbers }) => numbers)),
  });
  const usable = [...byName]
    .filter(([, inside]) => inside.length >= GROUP_HOSTS_MIN)
    .sort(([a, left], [b, right]) => left.length - right.length || (a < b ? -1 : 1))
    .map(([name]) => name);
  // Made when the first host of it is compared: most of the groups that hosts are in are never the smallest of any.
  const made = new Map<string, Group>();
  const once = (name: string, make: () => Group): Group => {
    const group = made.get(name) ?? make();
    made.set(name, group);
    return group;
  };
  return (member) => {
    const name = usable.find((it) => member.groups.includes(it));
    if (name !== undefined) return once(`@${name}`, () => groupOf(`@${name}`, byName.get(name) ?? []));
    return members.length < GROUP_HOSTS_MIN
      ? undefined
      : once('all that answered', () => groupOf('all that answered', members));
  };
};

/** Where most of a group stand apart there is no group to stand apart from: nothing is said of any of them. */
const withoutCrowds = (rows: readonly FleetRow[]): readonly FleetRow[] => {
  const groups = new Map<string, { compared: number; apart: number }>();
  for (const { comparedWith, deviations } of rows) {
    if (comparedWith === undefined) continue;
    const { compared, apart } = groups.get(comparedWith.name) ?? { compared: 0, apart: 0 };
    groups.set(comparedWith.name, { compared: compared + 1, apart: apart + (deviations.length > 0 ? 1 : 0) });
  }
  return rows.map((row): FleetRow => {
    const { compared, apart } = groups.get(row.comparedWith?.name ?? '') ?? { compared: 0, apart: 0 };
    return apart * 2 > compared ? { ...row, deviations: [], comparedWith: undefined } : row;
  });
};

const furthest = (row: FleetRow): number => Math.abs(row.deviations[0]?.distance ?? 0);

/**
 * One order for causes and hosts: severity, then the rules' own order (what hides the rest comes first), then who stands furthest
 * from its group.
 */
export const worstFirst = (view: FleetView, rankOf: (rule: string) => number): FleetView => {
  const causes = view.causes.toSorted(
    (a, b) =>
      LEVELS[a.level] - LEVELS[b.level] ||
      rankOf(a.id) - rankOf(b.id) ||
      b.hosts.length - a.hosts.length ||
      (a.id < b.id ? -1 : 1),
  );
  const places = new Map(causes.map(({ id }, place) => [id, place]));
  const placeOf = ({ member }: FleetRow): number =>
    Math.min(causes.length, ...member.causes.map((id) => places.get(id) ?? causes.length));
  const rows = view.rows.toSorted(
    (a, b) =>
      LEVELS[a.member.level] - LEVELS[b.member.level] ||
      placeOf(a) - placeOf(b) ||
      furthest(b) - furthest(a) ||
      (a.member.host < b.member.host ? -1 : 1),
  );
  return { ...view, causes, rows };
};

const isFull = (member: MeasuredMember): boolean =>
  member.causes.includes('conntrack-full') ||
  member.effects.includes('conntrack-full') ||
  (member.numbers[CONNTRACK_USE] ?? 0) >= CONNTRACK_FULL_PERCENT;

const silentGroups = (silent: readonly SilentMember[], measured: readonly MeasuredMember[]): readonly SilentGroup[] => {
  const groups = new Map<string, SilentMember[]>();
  for (const member of silent) {
    const key = `${member.problem}\n${member.via ?? ''}`;
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [member]);
    else known.push(member);
  }
  const full = measured.filter(isFull);
  return [...groups.values()]
    .map((members): SilentGroup => {
      const [first] = members;
      const { problem = 'internal', via } = first ?? {};
      const near = HIDDEN_BY_A_FULL_TABLE.has(problem)
        ? full.filter(({ groups: theirs }) =>
            members.some(
              (member) =>
                (member.groups.length === 0 && theirs.length === 0) ||
                member.groups.some((name) => theirs.includes(name)),
            ),
          )
        : [];
      return {
        problem,
        ...(via === undefined ? {} : { via }),
        members: [...members].sort((a, b) => (a.host < b.host ? -1 : 1)),
        besideFull: near.map(({ host }) => host).sort(),
      };
    })
    .sort((a, b) => b.members.length - a.members.length || (a.problem < b.problem ? -1 : 1));
};

const namesOf = (members: readonly MeasuredMember[]): readonly string[] => members.map(({ host }) => host).sort();

const causesOf = (measured: readonly MeasuredMember[]): readonly FleetCause[] => {
  const inTrouble = measured.filter(({ level }) => level === 'crit' || level === 'warn');
  return [...membersBy(inTrouble, ({ causes }) => causes)].map(([id, members]): FleetCause => {
    const settable = members.filter((member) => member.settable?.[id] !== undefined);
    return {
      id,
      level: members.some(({ level }) => level === 'crit') ? 'crit' : 'warn',
      hosts: namesOf(members),
      settable: {
        hosts: namesOf(settable),
        keys: [...new Set(settable.flatMap((member) => member.settable?.[id] ?? []))],
      },
    };
  });
};

const notesOf = (measured: readonly MeasuredMember[]): FleetView['notes'] =>
  [...membersBy(measured, ({ notes = [] }) => notes)]
    .map(([id, members]) => ({ id, hosts: namesOf(members) }))
    .sort((a, b) => b.hosts.length - a.hosts.length || (a.id < b.id ? -1 : 1));

/** Pure; the order of the members does not matter. Without the rules' order the most common causes come first. */
export const viewFleet = (members: readonly FleetMember[]): FleetView => {
  const measured = members.filter((member): member is MeasuredMember => member.status === 'measured');
  const silent = members.filter((member): member is SilentMember => member.status === 'failed');
  const groupOf = groupsFor(measured);
  const rows = withoutCrowds(
    measured.map((member): FleetRow => {
      const group = groupOf(member);
      return {
        member,
        deviations: group === undefined ? [] : deviationsOf(member.numbers, group.spreads),
        comparedWith: group === undefined ? undefined : { name: group.name, hosts: group.hosts },
      };
    }),
  );
  const isOdd = (row: FleetRow): boolean => row.member.level !== 'ok' || row.deviations.length > 0;
  const states = [...TCP_STATES, 'unknown state'];
  const view: FleetView = {
    asked: members.length,
    answered: measured.length,
    rows: rows.filter(isOdd),
    healthy: rows
      .filter((row) => !isOdd(row))
      .map(({ member }) => member)
      .sort((a, b) => (a.host < b.host ? -1 : 1)),
    silent: silentGroups(silent, measured),
    causes: causesOf(measured),
    notes: notesOf(measured),
    totals: states
      .map((state) => {
        const told = measured.flatMap(({ numbers }) => (numbers[state] === undefined ? [] : [numbers[state]]));
        return { state, sum: told.reduce((sum, value) => sum + value, 0), hosts: told.length };
      })
      .filter(({ sum }) => sum > 0)
      .sort((a, b) => b.sum - a.sum),
    compared: rows.some(({ comparedWith }) => comparedWith !== undefined),
  };
  return worstFirst(view, () => 0);
};
