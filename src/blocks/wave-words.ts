/** What a wave is called at every moment, its values and its hosts, batch by batch: no host and no value is ever cut short. */
import type { Change, FindingRef } from '../core/change.js';
import type { PlanEntry } from '../core/plan-digest.js';
import { begunOf, isOver, membersOf, type Pace, type Wave, type WaveMember, waveSeconds } from '../core/wave.js';
import { isInForce } from '../core/wave-course.js';
import type { HostLeftOut, SettingLeftOut } from '../core/wave-plan.js';
import { diffText, OUTCOMES, type SettingWords, settingLines, shortKey, stateWord, whoDid } from './change-words.js';
import { bullets, type Line, lines, type Moment, type Piece, preformatted, rich, sectionOf } from './elements.js';
import type { AnyBlock } from './message.js';
import { duration, plural, settingValue } from './words.js';

export interface HostValues {
  host: string;
  entries: readonly PlanEntry[];
}

/** Hosts whose values go from and to the same. */
export interface Variant {
  /** A, B, …; none where all hosts are alike */
  mark: string;
  entries: readonly PlanEntry[];
  hosts: readonly string[];
}

const markOf = (at: number): string =>
  `${at < 26 ? '' : String.fromCharCode(64 + Math.floor(at / 26))}${String.fromCharCode(65 + (at % 26))}`;

export const variantsOf = (all: readonly HostValues[]): readonly Variant[] => {
  const groups = new Map<string, { entries: readonly PlanEntry[]; hosts: string[] }>();
  for (const { host, entries } of all) {
    const spelled = JSON.stringify(entries.map(({ key, from, to }) => [key, from, to]));
    const known = groups.get(spelled);
    if (known === undefined) groups.set(spelled, { entries, hosts: [host] });
    else known.hosts.push(host);
  }
  return [...groups.values()].map((group, at) => ({ ...group, mark: groups.size === 1 ? '' : markOf(at) }));
};

/** What it sets, in a few words; the value now only where all hosts have the same. */
export const waveBrief = (all: readonly HostValues[]): string => {
  const entries = all.flatMap((host) => host.entries);
  const keys = [...new Set(entries.map(({ key }) => key))];
  const [first] = entries;
  if (first === undefined) return 'nothing';
  const same = entries.filter(({ key }) => key === first.key).every(({ from }) => from === first.from);
  const value = `${same ? `${settingValue(first.from)} ` : ''}→ ${settingValue(first.to)}`;
  const one = `${shortKey(first.key)} ${value.length > 60 ? 'to another value' : value}`;
  return keys.length === 1 ? one : `${one} and ${plural(keys.length - 1, 'more setting')}`;
};

/** The names of hosts, each a piece of its own: none is shortened by how many there are. */
export const hostPieces = (names: readonly string[]): Piece[] =>
  names.flatMap((name, at): Piece[] => (at === 0 ? [name] : [', ', name]));

/** Every value of every host; what a key does stands once. */
export const valueBlocks = (all: readonly HostValues[], words: readonly SettingWords[]): AnyBlock[] => {
  const keys = [...new Set(all.flatMap(({ entries }) => entries.map(({ key }) => key)))];
  const told = keys.flatMap((key): Line[] => {
    const about = words.find((it) => it.key === key);
    if (about === undefined) return [];
    return [...(keys.length === 1 ? [] : [[{ bold: key }] as Line]), ...settingLines(about)];
  });
  return [
    ...variantsOf(all).map(({ mark, entries, hosts }) =>
      rich(
        ...(mark === '' ? [] : [sectionOf([{ bold: `${mark}  ` }, 'on ', ...hostPieces(hosts)])]),
        preformatted(entries.map(diffText).join('\n'), 2_900),
      ),
    ),
    ...(told.length === 0 ? [] : [rich(lines(...told))]),
  ];
};

/** The first is the canary. */
export const batchName = (at: number, batches: number): string =>
  at === 0 ? 'Canary' : `Batch ${at + 1} of ${batches}`;

const wordOf = (wave: Wave, change: Change | undefined): string => {
  if (change === undefined) return wave.state === 'proposing' ? 'being proposed' : 'never proposed';
  if (change.state === 'proposed') return wave.state === 'proposed' ? '' : 'waiting';
  if (change.state === 'denied' && isOver(wave) && wave.begun > 0) return 'never begun';
  const look = change.measurements.at(-1);
  if (look !== undefined && isInForce(change))
    return `${stateWord(change)}, ${OUTCOMES[look.outcome]} after ${duration(look.afterSeconds)}`;
  const cured = look !== undefined && change.state === 'confirmed' && change.finding !== undefined;
  return `${stateWord(change)}${cured ? `, ${OUTCOMES[look.outcome]}` : ''}`;
};

/** Hosts of a batch by what has become of them; those in force with the time at which the first of them ends. */
const batchLine = (
  wave: Wave,
  changes: ReadonlyMap<string, Change>,
  members: readonly WaveMember[],
  withTimes: boolean,
): Piece[] => {
  const groups = new Map<string, { hosts: string[]; endsMs: number[] }>();
  for (const { host, change: id } of members) {
    const change = changes.get(id);
    const word = wordOf(wave, change);
    const group = groups.get(word) ?? { hosts: [], endsMs: [] };
    groups.set(word, group);
    group.hosts.push(host);
    if (isInForce(change) && change.windowEndsAtMs !== undefined) group.endsMs.push(change.windowEndsAtMs);
  }
  return [...groups].flatMap(([word, { hosts, endsMs }], at): Piece[] => [
    ...(at === 0 ? [] : ['; ']),
    ...hostPieces(hosts),
    ...(word === '' ? [] : [`: ${word}`]),
    ...(endsMs.length === 0 || !withTimes
      ? []
      : [', reverts itself at ', { at: new Date(Math.min(...endsMs)).toISOString() }]),
  ]);
};

/** Every host in its batch, with what has become of it. */
export const batchBlock = (wave: Wave, changes: ReadonlyMap<string, Change>, withTimes = true): AnyBlock =>
  rich(
    bullets(
      wave.batches.map(
        (members, at): Line => [
          { bold: `${batchName(at, wave.batches.length)}  ` },
          ...batchLine(wave, changes, members, withTimes),
        ],
      ),
    ),
  );

/** reasons, and hosts for each, that are named */
const LEFT_OUT_MAX = 12;

/** Hosts that are not part of it, by why. */
export const leftOutBlock = (leftOut: readonly HostLeftOut[]): AnyBlock[] => {
  if (leftOut.length === 0) return [];
  const groups = new Map<string, string[]>();
  for (const { host, why } of leftOut) groups.set(why, [...(groups.get(why) ?? []), host]);
  const counted = leftOut.reduce((sum, { count = 1 }) => sum + count, 0);
  const reasons = [...groups];
  const untold = reasons.slice(LEFT_OUT_MAX).reduce((sum, [, hosts]) => sum + hosts.length, 0);
  return [
    rich(
      sectionOf([{ bold: counted === 0 ? 'Left out' : `Left out: ${plural(counted, 'host')}` }]),
      bullets([
        ...reasons.slice(0, LEFT_OUT_MAX).map(([why, hosts]): Line => {
          const more = hosts.length - LEFT_OUT_MAX;
          return [
            ...hostPieces(hosts.slice(0, LEFT_OUT_MAX)),
            more > 0 ? ` and ${more} more` : '',
            `: ${why.slice(0, 300)}`,
          ];
        }),
        ...(untold === 0 ? [] : [[`and ${untold} more, for other reasons`] as Line]),
      ]),
    ),
  ];
};

/** Settings that some hosts of it do not get, by why. */
export const withoutBlock = (without: readonly SettingLeftOut[]): AnyBlock[] =>
  without.length === 0
    ? []
    : [
        rich(
          sectionOf([{ bold: 'Settings that are left out' }]),
          bullets(
            without
              .slice(0, 12)
              .map(
                ({ key, why, hosts }): Line => [
                  { code: key },
                  ' on ',
                  ...hostPieces(hosts.slice(0, 12)),
                  hosts.length > 12 ? ` and ${hosts.length - 12} more` : '',
                  `: ${why.slice(0, 300)}`,
                ],
              ),
          ),
        ),
      ];

/** What it is to cure, where a finding asked for it; each host is judged by the finding's own measure. */
export const curesLine = (findings: readonly (FindingRef | undefined)[]): Line[] => {
  const ids = [...new Set(findings.flatMap((finding) => (finding === undefined ? [] : [finding.id])))];
  return ids.length === 0
    ? []
    : [
        [
          { bold: 'To cure  ' },
          ...ids.flatMap((id, at): Piece[] => [...(at === 0 ? [] : [', ']), { code: id }]),
          ': each host is judged by that finding’s own numbers',
        ],
      ];
};

export const paceWords = (pace: Pace, looksSeconds: readonly number[]): string =>
  pace === 'verified'
    ? `each batch begins when the one before is verified, ${duration(looksSeconds.at(-1) ?? 0)} after it came into force`
    : `the canary is verified first (${duration(looksSeconds.at(-1) ?? 0)}); then each batch begins after a first look at the one before (${duration(looksSeconds[0] ?? 0)})`;

export const takesWords = (batches: number, pace: Pace, looksSeconds: readonly number[]): string =>
  `${duration(waveSeconds(batches, pace, looksSeconds))} at the least`;

const some = (count: number, word: string): string[] => (count === 0 ? [] : [`${count} ${word}`]);

/** How many hosts are where, of those that were begun. */
const tally = (wave: Wave, changes: ReadonlyMap<string, Change>): string => {
  const of = begunOf(wave).map(({ change }) => changes.get(change));
  const count = (wanted: (change: Change | undefined) => boolean): number => of.filter(wanted).length;
  return [
    ...some(
      count((change) => change?.state === 'confirmed'),
      'CONFIRMED',
    ),
    ...some(count(isInForce), 'IN FORCE, NOT CONFIRMED'),
    ...some(
      count((change) => change?.state === 'reverted'),
      'REVERTED',
    ),
    ...some(
      count((change) => change?.state === 'revert-failed'),
      'REVERT FAILED',
    ),
  ].join(', ');
};

export const waveWord = (wave: Wave, changes: ReadonlyMap<string, Change>): string => {
  const inForce = begunOf(wave).some(({ change }) => isInForce(changes.get(change)));
  if (wave.reverting !== undefined && inForce) return 'REVERTING';
  switch (wave.state) {
    case 'proposing':
      return 'BEING PROPOSED';
    case 'proposed':
      return 'APPROVAL NEEDED';
    case 'running':
      return wave.begun <= 1
        ? 'CANARY UNDER WAY'
        : `${batchName(wave.begun - 1, wave.batches.length).toUpperCase()} UNDER WAY`;
    case 'stopped':
      return [`STOPPED${wave.ending?.host === undefined ? '' : ` AT ${wave.ending.host}`}`, tally(wave, changes)]
        .filter((word) => word !== '')
        .join(', ');
    case 'done':
      return tally(wave, changes);
    case 'denied':
      return wave.ending?.by !== 'bot' && wave.ending?.by.person === wave.requester.person ? 'WITHDRAWN' : 'DENIED';
    case 'expired':
      return 'EXPIRED';
    case 'stale':
      return 'NOT BEGUN';
  }
};

export const valuesIn = (wave: Wave, changes: ReadonlyMap<string, Change>): readonly HostValues[] =>
  membersOf(wave).flatMap(({ host, change: id }) => {
    const change = changes.get(id);
    return change === undefined ? [] : [{ host, entries: change.plan.entries }];
  });

export const waveTitle = (wave: Wave, changes: ReadonlyMap<string, Change>): string =>
  `${waveWord(wave, changes)}  ${wave.selector.slice(0, 60)}, ${plural(membersOf(wave).length, 'host')}: ${waveBrief(valuesIn(wave, changes))}`;

const day = (ms: number): Moment => ({ at: new Date(ms).toISOString(), format: '{date_short_pretty} {time_secs}' });

/** A wave among changes: one row, its hosts folded into it. */
export const waveRow = (wave: Wave, changes: ReadonlyMap<string, Change>): Line => [
  { bold: `${waveWord(wave, changes)}  ` },
  { bold: `wave on ${wave.selector.slice(0, 60)}` },
  `, ${plural(membersOf(wave).length, 'host')}: ${waveBrief(valuesIn(wave, changes))}, asked by `,
  whoDid(wave.requester),
  ' ',
  day(wave.proposedAtMs),
  '  ',
  { code: wave.id },
];
