/** The hosts of an answer as a table, and any of them to pick. */
import type { StaticSelect } from '@slack/types';
import type { FleetLevel, FleetRow, FleetView } from '../core/fleet.js';
import { CONNTRACK_USE, ORPHANS, TCP_MEMORY } from '../core/fleet-numbers.js';
import { ACTIONS, encodeRef } from './actions.js';
import { type Cell, context, dataTable, plain } from './elements.js';
import { cut } from './escape.js';
import type { Part } from './fit.js';
import { LEVEL_WORDS, rowInWords } from './fleet-words.js';
import { count, plural } from './words.js';

/** Rows of the table; fewer where long names leave no room for more. */
export const ROWS = [40, 20, 10] as const;
/** Hosts to pick, and the characters of JSON that they may take: what is picked from must not push out the table. */
const SELECT_MAX = 60;
const SELECT_JSON_MAX = 4_000;
const OPTION_VALUE_MAX = 75;
/** Columns of numbers: with the two of words they fit a window of 1,280 px. */
const COLUMNS_MAX = 4;
/** what people look for first, where there is room for it and any host of the table has it */
const USUAL = ['TIME_WAIT', 'ESTABLISHED', 'CLOSE_WAIT', 'SYN_RECV', CONNTRACK_USE] as const;
/** By rule the number that its verdict is about. */
const PROOF: Readonly<Record<string, string>> = {
  'accept-queue-overflow': 'accept queue overflows /s',
  'close-wait-leak': 'CLOSE_WAIT',
  'conntrack-full': CONNTRACK_USE,
  'conntrack-near-full': CONNTRACK_USE,
  'ephemeral-exhaustion-bind': 'TIME_WAIT',
  'ephemeral-exhaustion-live': 'ESTABLISHED',
  'ephemeral-exhaustion-tw': 'TIME_WAIT',
  'fin-wait1-stuck': 'FIN_WAIT1',
  'fin-wait2-owned': 'FIN_WAIT2',
  'fin-wait2-pile': 'FIN_WAIT2',
  'last-ack-stuck': 'LAST_ACK',
  'orphan-pressure': ORPHANS,
  retransmission: 'resent /s',
  'syn-queue-overflow': 'SYN_RECV',
  'syn-sent-stuck': 'SYN_SENT',
  'tcp-mem-pressure': TCP_MEMORY,
  'tw-bucket-overflow': 'TIME_WAIT',
};
/** where the name of a number is longer than its column needs to be */
const HEADS: Readonly<Record<string, string>> = {
  [CONNTRACK_USE]: 'conntrack %',
  [TCP_MEMORY]: 'memory pages',
  'accept queue overflows /s': 'overflows /s',
};

/** What the host's own verdict is about: it names the first of its causes. */
const proofOf = ({ member }: FleetRow): string | undefined => PROOF[member.causes[0] ?? ''];

const columnsOf = (rows: readonly FleetRow[]): readonly string[] =>
  [...new Set([...rows.map(proofOf), ...USUAL])]
    .filter((name) => name !== undefined)
    .filter((name) => rows.some(({ member }) => (member.numbers[name] ?? 0) > 0))
    .slice(0, COLUMNS_MAX);

/** `3 in trouble, 2 healthy but unlike their group` */
const captionOf = (selector: string, { rows }: FleetView): string => {
  const at = (...levels: FleetLevel[]): number => rows.filter(({ member }) => levels.includes(member.level)).length;
  const [inTrouble, unjudged, unlike] = [at('crit', 'warn'), at('unjudged'), at('ok')];
  const kinds = [
    ...(inTrouble > 0 ? [`${count(inTrouble)} in trouble`] : []),
    ...(unjudged > 0 ? [`${count(unjudged)} not judged`] : []),
    ...(unlike > 0 ? [`${count(unlike)} healthy but unlike ${unlike === 1 ? 'its' : 'their'} group`] : []),
  ];
  return `Hosts of ${selector}, the worst first: ${kinds.join(', ')}`;
};

export const tableParts = (selector: string, view: FleetView, rowsMax: number): readonly Part[] => {
  if (view.rows.length === 0) return [];
  const shown = view.rows.slice(0, rowsMax);
  const columns = columnsOf(shown);
  const table = dataTable(
    captionOf(selector, view),
    // One column for both: on a phone a third one would be out of sight.
    ['Host', 'Verdict', ...columns.map((name) => HEADS[name] ?? name)],
    shown.map((row): Cell[] => {
      const proof = proofOf(row);
      const unseen = proof !== undefined && !columns.includes(proof) ? proof : undefined;
      return [
        cut(row.member.host, 60),
        `${LEVEL_WORDS[row.member.level]}: ${rowInWords(row, unseen)}`,
        ...columns.map((name) => row.member.numbers[name] ?? '-'),
      ];
    }),
    Math.min(15, Math.max(3, shown.length)),
  );
  const omitted = view.rows.length - shown.length;
  return [
    {
      blocks: [table, ...(omitted > 0 ? [context(`${plural(omitted, 'more host')}: CSV has every one.`)] : [])],
      need: 1,
      name: 'the table of hosts',
    },
  ];
};

/** Any host of the answer, those to look at first. */
export const hostSelect = (view: FleetView): StaticSelect | undefined => {
  const members = [...view.rows.map(({ member }) => member), ...view.healthy].slice(0, SELECT_MAX);
  let room = SELECT_JSON_MAX;
  const options = members.flatMap((member) => {
    const whole = encodeRef({ host: member.host, measurement: member.measurement });
    const value = whole.length <= OPTION_VALUE_MAX ? whole : encodeRef({ measurement: member.measurement });
    const option = { text: plain(member.host, 75), value };
    room -= JSON.stringify(option).length;
    return value.length <= OPTION_VALUE_MAX && room >= 0 ? [option] : [];
  });
  return options.length === 0
    ? undefined
    : { type: 'static_select', action_id: ACTIONS.fleetHost, placeholder: plain('Details of a host', 150), options };
};
