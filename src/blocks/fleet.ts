/** The answer to `/tcpstates @web`: what is wrong where, who stands apart, who is silent and why; the healthy in one line. */
import type { StaticSelect } from '@slack/types';
import type { FleetRow, FleetView } from '../core/fleet.js';
import { CONNTRACK_USE } from '../core/fleet-numbers.js';
import type { Rule } from '../core/rule.js';
import { ACTIONS, encodeRef, type Ref } from './actions.js';
import {
  actions,
  barChart,
  bullets,
  button,
  type Cell,
  context,
  dataTable,
  folded,
  header,
  type Line,
  lines,
  paragraph,
  plain,
  rich,
  sectionOf,
} from './elements.js';
import { cut, spoken } from './escape.js';
import { always, messageOf, type Part } from './fit.js';
import { deviationInWords, fleetVerdict, LEVEL_WORDS, names, rowInWords, silenceInWords } from './fleet-words.js';
import type { Message } from './message.js';
import { titleOf } from './sentences/index.js';
import { count, firstOf, list, percent, plural, took } from './words.js';

export interface LeftOut {
  /** taken away by `!` */
  excluded: number;
  /** named by a group, pattern or label, and not for the caller's eyes */
  hidden: number;
  /** terms that name no host */
  unknown: readonly string[];
}

export interface FleetAnswer {
  /** what was typed */
  selector: string;
  view: FleetView;
  rules: ReadonlyMap<string, Rule>;
  /** ISO 8601 */
  startedAt: string;
  tookMs: number;
  /** under which the bot keeps it */
  fleet?: string;
  leftOut?: LeftOut;
  /** user id of who stopped it */
  stoppedBy?: string;
  /** its own time was over */
  overTime?: boolean;
  asker?: string;
  private?: boolean;
  /** there are recordings among the hosts */
  replayed?: boolean;
}

const ROWS_MAX = 40;
const SELECT_MAX = 60;
const OPTION_VALUE_MAX = 75;
/** states shown as columns: what people look for first, where any host of the table has it */
const COLUMNS = ['TIME_WAIT', 'ESTABLISHED', 'CLOSE_WAIT', 'SYN_RECV', CONNTRACK_USE] as const;

export const leftOutLine = (leftOut: LeftOut | undefined): Line | undefined => {
  if (leftOut === undefined) return undefined;
  const said = [
    ...(leftOut.excluded > 0 ? [`${plural(leftOut.excluded, 'host')} by your “!”`] : []),
    ...(leftOut.hidden > 0 ? [`${plural(leftOut.hidden, 'host')} that you may not see (policy)`] : []),
    ...(leftOut.unknown.length > 0 ? [`nothing is called ${names(leftOut.unknown, 4)}`] : []),
  ];
  return said.length === 0 ? undefined : [{ bold: 'Left out  ' }, `${list(said)}.`];
};

const silentPart = ({ view }: FleetAnswer): Part => {
  const { shown, omitted } = firstOf(view.silent, 8);
  return always(
    ...(shown.length === 0
      ? []
      : [
          rich(
            sectionOf([{ bold: `${plural(view.asked - view.answered, 'host')} gave no answer` }]),
            bullets([
              ...shown.map(
                (group): Line => [
                  { bold: `${count(group.members.length)}  ` },
                  `${names(
                    group.members.map(({ host }) => host),
                    8,
                  )}: ${silenceInWords(group)}.`.replace('?.', '?'),
                  ...(group.besideFull.length === 0
                    ? []
                    : [
                        {
                          bold: ` Beside ${names(group.besideFull, 3)}, whose connection-tracking table is full: probably the same here, for it lets no new SSH in either.`,
                        },
                      ]),
                ],
              ),
              ...(omitted > 0 ? [[`${plural(omitted, 'more cause')}: the file has all`] as Line] : []),
            ]),
          ),
        ]),
  );
};

const causesPart = ({ view, rules }: FleetAnswer): Part => {
  const { shown, omitted } = firstOf(view.causes, 6);
  return always(
    ...(shown.length === 0
      ? []
      : [
          rich(
            bullets([
              ...shown.map(
                (cause): Line => [
                  { bold: titleOf(cause.id, rules) },
                  cause.hosts.length > 3
                    ? ` on ${plural(cause.hosts.length, 'host')}: ${names(cause.hosts, 6)}`
                    : ` on ${names(cause.hosts)}`,
                ],
              ),
              ...(omitted > 0 ? [[`${plural(omitted, 'more cause')} in the table`] as Line] : []),
            ]),
          ),
        ]),
  );
};

const columnsOf = (rows: readonly FleetRow[]): readonly string[] =>
  COLUMNS.filter((name) => rows.some(({ member }) => (member.numbers[name] ?? 0) > 0));

const tableParts = ({ selector, view }: FleetAnswer): readonly Part[] => {
  if (view.rows.length === 0) return [];
  const shown = view.rows.slice(0, ROWS_MAX);
  const columns = columnsOf(shown);
  const table = dataTable(
    `Hosts of ${selector} to look at, the worst first: ${count(view.rows.length)}`,
    ['Host', 'Verdict', 'What', ...columns.map((name) => (name === CONNTRACK_USE ? 'conntrack %' : name))],
    shown.map((row): Cell[] => [
      cut(row.member.host, 60),
      LEVEL_WORDS[row.member.level],
      cut(rowInWords(row), 90),
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

/** Where those with a finding stand apart too, and what they were compared with: folded. */
const apartPart = ({ view }: FleetAnswer): Part => {
  const apart = view.rows.filter(({ deviations }) => deviations.length > 0);
  if (apart.length === 0) return always();
  const { shown, omitted } = firstOf(apart, 12);
  return {
    blocks: [
      folded(`Who stands apart from its group: ${plural(apart.length, 'host')}`, [
        rich(
          bullets([
            ...shown.map(
              (row): Line => [
                { bold: row.member.host },
                `  ${row.deviations.slice(0, 3).map(deviationInWords).join('; ')}. `,
                row.comparedWith === undefined
                  ? ''
                  : `Compared with ${row.comparedWith.name} (${row.comparedWith.hosts}).`,
              ],
            ),
            ...(omitted > 0 ? [[`… ${omitted} more in the file`] as Line] : []),
          ]),
        ),
        context(
          'Far is at least six steps from the median; a step is the scatter of the group (median absolute deviation).',
        ),
      ]),
    ],
    need: 4,
    name: 'who stands apart',
  };
};

const healthyPart = ({ view }: FleetAnswer): Part =>
  view.healthy.length === 0
    ? always()
    : {
        blocks: [
          folded(
            `${plural(view.healthy.length, 'healthy host')}${view.compared ? ', none apart from its group' : ''}`,
            [
              paragraph(
                names(
                  view.healthy.map(({ host }) => host),
                  80,
                ).slice(0, 580),
              ),
            ],
          ),
        ],
        need: 3,
        name: 'the names of healthy hosts',
      };

const totalsParts = ({ selector, view }: FleetAnswer): readonly Part[] => {
  if (view.totals.length === 0) return [];
  const total = view.totals.reduce((all, { sum }) => all + sum, 0);
  return [
    always(
      rich(
        lines([
          { bold: 'Sockets of all  ' },
          `${view.totals
            .slice(0, 6)
            .map(({ state, sum }) => `${state} ${count(sum)} (${percent(sum / total)})`)
            .join(' | ')}`,
        ]),
      ),
    ),
    ...(view.totals.length < 2
      ? []
      : [
          {
            blocks: [
              barChart(
                cut(`TCP states over ${plural(view.answered, 'host')} of ${selector}`, 50),
                'sockets',
                view.totals.map(({ state, sum }) => ({ label: state, value: sum })),
                { x: 'state', y: 'sockets' },
              ),
            ],
            need: 2,
            name: 'the chart',
          },
        ]),
  ];
};

/** Any host of the answer, those to look at first. */
const hostSelect = ({ view }: FleetAnswer): StaticSelect | undefined => {
  const members = [...view.rows.map(({ member }) => member), ...view.healthy].slice(0, SELECT_MAX);
  const options = members.flatMap((member) => {
    const whole = encodeRef({ host: member.host, measurement: member.measurement });
    const value = whole.length <= OPTION_VALUE_MAX ? whole : encodeRef({ measurement: member.measurement });
    return value.length <= OPTION_VALUE_MAX ? [{ text: plain(member.host, 75), value }] : [];
  });
  return options.length === 0
    ? undefined
    : { type: 'static_select', action_id: ACTIONS.fleetHost, placeholder: plain('Details of a host', 150), options };
};

const buttonsPart = (input: FleetAnswer): Part => {
  const ref: Ref = {
    selector: input.selector.slice(0, 500),
    ...(input.fleet === undefined ? {} : { fleet: input.fleet }),
    hosts: Math.max(1, input.view.asked),
    ...(input.private === true ? { private: true } : {}),
  };
  const value = encodeRef(ref);
  const select = hostSelect(input);
  const row = actions([
    button(ACTIONS.fleet, 'Refresh', { value }),
    button(ACTIONS.drift, 'Sysctl drift', { value }),
    ...(input.fleet === undefined ? [] : [button(ACTIONS.fleetCsv, 'CSV', { value })]),
  ]);
  return always(select === undefined ? row : { ...row, elements: [select, ...row.elements] });
};

export const fleetMessage = (input: FleetAnswer): Message => {
  const { view, rules, selector } = input;
  const verdict = fleetVerdict(selector, view, rules);
  const [, ...rest] = verdict.split(': ');
  const leftOut = leftOutLine(input.leftOut);
  const notes: Line[] = [
    ...(input.stoppedBy === undefined ? [] : [[{ bold: 'Stopped  ' }, 'by ', { user: input.stoppedBy }] as Line]),
    ...(input.overTime === true ? [[{ bold: 'Cut short  ' }, 'the time of the whole answer was over.'] as Line] : []),
    ...(leftOut === undefined ? [] : [leftOut]),
  ];
  return messageOf(
    spoken(verdict, 400),
    [
      always(
        header(shortVerdict(verdict, view)),
        context(
          'Measured ',
          { at: input.startedAt },
          ` in ${took(input.tookMs)}: ${count(view.answered)} of ${plural(view.asked, 'host')} answered`,
          input.replayed === true ? '. Replayed recordings, not live hosts' : '',
          view.compared || view.answered === 0 ? '' : '. Too few hosts to compare them with each other',
        ),
      ),
      ...(view.causes.length === 0 && view.silent.length === 0 ? [always(paragraph(rest.join(': ')))] : []),
      causesPart(input),
      silentPart(input),
      ...(notes.length === 0 ? [] : [always(rich(lines(...notes)))]),
      buttonsPart(input),
      ...tableParts(input),
      ...totalsParts(input),
      apartPart(input),
      healthyPart(input),
      ...(input.asker === undefined
        ? []
        : [{ blocks: [paragraph('Asked by ', { user: input.asker })], need: 5, name: '' }]),
    ],
    'CSV has all of it.',
  );
};

/** The header names level and numbers; the causes stand below it. */
const shortVerdict = (verdict: string, view: FleetView): string => {
  const inTrouble = view.rows.filter(({ member }) => member.level === 'crit' || member.level === 'warn').length;
  const [head = ''] = verdict.split(': ');
  const missing = view.asked - view.answered;
  if (view.answered === 0) return `${head}: none of ${plural(view.asked, 'host')} answered`;
  return `${head}: ${count(inTrouble)} of ${plural(view.asked, 'host')} in trouble${missing > 0 ? `, ${count(missing)} gave no answer` : ''}`;
};
