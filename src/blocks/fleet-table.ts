/** The hosts of an answer as a table, and any of them to pick. */
import type { StaticSelect } from '@slack/types';
import type { FleetRow, FleetView } from '../core/fleet.js';
import { CONNTRACK_USE } from '../core/fleet-numbers.js';
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
/** states shown as columns: what people look for first, where any host of the table has it */
const COLUMNS = ['TIME_WAIT', 'ESTABLISHED', 'CLOSE_WAIT', 'SYN_RECV', CONNTRACK_USE] as const;

const columnsOf = (rows: readonly FleetRow[]): readonly string[] =>
  COLUMNS.filter((name) => rows.some(({ member }) => (member.numbers[name] ?? 0) > 0));

export const tableParts = (selector: string, view: FleetView, rowsMax: number): readonly Part[] => {
  if (view.rows.length === 0) return [];
  const shown = view.rows.slice(0, rowsMax);
  const columns = columnsOf(shown);
  const table = dataTable(
    `Hosts of ${selector} to look at, the worst first: ${count(view.rows.length)}`,
    // One column for both: on a phone a third one would be out of sight.
    ['Host', 'Verdict', ...columns.map((name) => (name === CONNTRACK_USE ? 'conntrack %' : name))],
    shown.map((row): Cell[] => [
      cut(row.member.host, 60),
      `${LEVEL_WORDS[row.member.level]}: ${rowInWords(row)}`,
      ...columns.map((name) => row.member.numbers[name] ?? '-'),
    ]),
    Math.min(15, Math.max(3, shown.length)),
  );
  const omitted = view.rows.length - shown.length;
  return [
    {
      blocks: [
        table,
        ...(omitted > 0 ? [context(`${plural(omitted, 'more host')} to look at: CSV has every one.`)] : []),
      ],
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
