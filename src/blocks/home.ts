/** The Home tab: what waits for this person, what is in force, what is wrong, what they may do. Made anew at each opening. */
import type { HomeView } from '@slack/types';
import type { Change } from '../core/change.js';
import type { Wave } from '../core/wave.js';
import { isInForce } from '../core/wave-course.js';
import { ACTIONS, encodeRef } from './actions.js';
import { briefOf, stateWord } from './change-words.js';
import { actions, bullets, button, context, header, type Line, lines, rich } from './elements.js';
import type { AnyBlock, Modal } from './message.js';
import { waveRow } from './wave-words.js';
import { firstOf, plural } from './words.js';

const LISTED = 8;

export interface HomeHost {
  host: string;
  /** the verdict in one line */
  line: string;
  atMs: number;
}

export interface HomeMay {
  /** `see`, `propose`, … in words */
  action: string;
  /** how many of the hosts that they see */
  hosts: number;
  of: number;
  /** why not on the others, and who could */
  why?: string;
}

export interface HomeWave {
  wave: Wave;
  changes: ReadonlyMap<string, Change>;
  /** it waits for this person's approval */
  mine: boolean;
}

export interface Home {
  atMs: number;
  approvals: readonly Change[];
  inForce: readonly Change[];
  /** open ones, on hosts that this person sees; their hosts are not among the changes */
  waves?: readonly HomeWave[];
  /** there are others, which were not read */
  moreWaves?: boolean;
  findings: readonly HomeHost[];
  recent: readonly HomeHost[];
  may: readonly HomeMay[];
  /** watches that this person began */
  watches: readonly { host: string; endsMs: number }[];
  /** the store can't be read: said instead of empty lists */
  problem?: string;
}

const iso = (ms: number): string => new Date(ms).toISOString();

const rest = (omitted: number): Line[] => (omitted > 0 ? [[`… ${omitted} more`]] : []);

/** One change: what it is, and a button of its own. */
const changeBlocks = (change: Change, index: number, section: number, about: Line): AnyBlock[] => [
  rich(lines([{ bold: `${stateWord(change)}  ${change.plan.host.name}` }, `  ${briefOf(change)}`], about)),
  actions([
    button(`${ACTIONS.changeShow}:${section * 100 + index}`, 'Open', {
      value: encodeRef({ change: change.id, digest: change.digest }),
      label: `Show the change of ${change.plan.host.name}`.slice(0, 75),
    }),
  ]),
];

const waveBlocks = ({ wave, changes }: HomeWave, index: number, atMs: number): AnyBlock[] => [
  rich(lines(waveRow(wave, changes), ...endsLines(changes, atMs))),
  actions([
    button(`${ACTIONS.waveShow}:${300 + index}`, 'Open', {
      value: encodeRef({ wave: wave.id }),
      label: `Show the wave on ${wave.selector}`.slice(0, 75),
    }),
  ]),
];

const endsOf = (changes: ReadonlyMap<string, Change>): readonly number[] =>
  [...changes.values()].flatMap((change) =>
    isInForce(change) && change.held === undefined ? (change.windowEndsAtMs ?? []) : [],
  );

const endsLines = (changes: ReadonlyMap<string, Change>, atMs: number): Line[] => {
  const ends = endsOf(changes);
  const first = Math.min(...ends);
  return ends.length === 0
    ? []
    : [
        [
          `In force on ${plural(ends.length, 'host')}, the first takes it back at `,
          { at: iso(first) },
          ` unless it is confirmed (${timeLeft(first - atMs)})`,
        ],
      ];
};

const section = (title: string, blocks: readonly AnyBlock[], none: string): AnyBlock[] => [
  header(title),
  ...(blocks.length === 0 ? [context(none)] : blocks),
];

const hostBlocks = (hosts: readonly HomeHost[]): AnyBlock[] => {
  const { shown, omitted } = firstOf(hosts, LISTED);
  return shown.length === 0
    ? []
    : [
        rich(
          bullets([
            ...shown.map(
              ({ line, atMs }): Line => [{ bold: line }, '  ', { at: iso(atMs), format: '{date_short_pretty} {time}' }],
            ),
            ...rest(omitted),
          ]),
        ),
      ];
};

export const homeView = (home: Home): Modal => {
  const approvals = firstOf(home.approvals, LISTED);
  const inForce = firstOf(home.inForce, LISTED);
  const waves = home.waves ?? [];
  const mine = waves.filter((it) => it.mine);
  const running = waves.filter((it) => !it.mine && [...it.changes.values()].some(isInForce));
  const others = waves.filter((it) => !mine.includes(it) && !running.includes(it));
  const listed = (all: readonly HomeWave[]): AnyBlock[] =>
    all.slice(0, LISTED).flatMap((it) => waveBlocks(it, waves.indexOf(it), home.atMs));
  const blocks: AnyBlock[] = [
    context('As of ', { at: iso(home.atMs) }, '.'),
    actions([button(ACTIONS.home, 'Refresh', { value: encodeRef({}) })]),
    ...(home.problem === undefined ? [] : [rich(lines([{ bold: home.problem }]))]),
    ...section(
      `Waiting for your approval: ${home.approvals.length + mine.length}`,
      [
        ...listed(mine),
        ...approvals.shown.flatMap((change, index) =>
          changeBlocks(change, index, 1, [
            'Asked by ',
            { bold: change.requester.person },
            `: ${change.reason}. Expires `,
            { at: iso(change.expiresAtMs) },
          ]),
        ),
        ...(approvals.omitted > 0 ? [context(`… ${approvals.omitted} more with /changes`)] : []),
      ],
      'Nothing waits for you.',
    ),
    ...section(
      `In force, not confirmed yet: ${home.inForce.length + running.length}`,
      [
        ...listed(running),
        ...inForce.shown.flatMap((change, index) =>
          changeBlocks(change, index, 2, [
            ...(change.held !== undefined
              ? ['The host takes it back as soon as it can: ', change.held.why.slice(0, 300)]
              : change.windowEndsAtMs === undefined
                ? ['Being applied']
                : [
                    'The host takes it back at ',
                    { at: iso(change.windowEndsAtMs) },
                    ` unless it is confirmed (${timeLeft(change.windowEndsAtMs - home.atMs)})`,
                  ]),
          ]),
        ),
        ...(inForce.omitted > 0 ? [context(`… ${inForce.omitted} more with /changes`)] : []),
      ],
      'None.',
    ),
    ...(others.length === 0 && home.moreWaves !== true
      ? []
      : section(
          `Other waves: ${others.length}${home.moreWaves === true ? ' and more' : ''}`,
          listed(others),
          'See them with /changes.',
        )),
    ...section(
      `Hosts with findings: ${home.findings.length}`,
      hostBlocks(home.findings),
      'None among those that were measured in the last day.',
    ),
    ...(home.watches.length === 0
      ? []
      : section(
          `Watched for you: ${home.watches.length}`,
          [
            rich(
              bullets(home.watches.map(({ host, endsMs }): Line => [{ bold: host }, '  until ', { at: iso(endsMs) }])),
            ),
          ],
          '',
        )),
    ...section(
      'Your last measurements',
      hostBlocks(home.recent),
      'None yet. Try /tcpstates and a host in any channel.',
    ),
    ...section(
      'What you may do',
      home.may.length === 0
        ? []
        : [
            rich(
              bullets(
                home.may.map(
                  ({ action, hosts, of, why }): Line => [
                    { bold: action },
                    `  ${hosts === of ? (of === 1 ? 'on the one host that you see' : `on all ${of} hosts that you see`) : hosts === 0 ? 'on no host' : `on ${hosts} of ${plural(of, 'host')}`}`,
                    ...(why === undefined ? [] : [`: ${why}`]),
                  ],
                ),
              ),
            ),
          ],
      'Nothing: no host is registered that you may see.',
    ),
  ];
  return { type: 'home', blocks: blocks.slice(0, 100) as HomeView['blocks'] } as Modal;
};

const timeLeft = (ms: number): string =>
  ms <= 0
    ? 'its time is over'
    : ms < 90_000
      ? `${Math.ceil(ms / 1_000)} s left`
      : `${Math.round(ms / 60_000)} min left`;
