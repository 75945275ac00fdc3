/** `/sysctl host [words]`: value, default, what it means and what it does not do. */
import type { SysctlAnswer, SysctlRow } from '../core/sysctl-query.js';
import { ACTIONS, encodeRef } from './actions.js';
import {
  actions,
  bullets,
  button,
  context,
  dataTable,
  folded,
  header,
  type Line,
  lines,
  paragraph,
  rich,
  sectionOf,
} from './elements.js';
import { cut, spoken } from './escape.js';
import { always, messageOf, type Part } from './fit.js';
import type { Message } from './message.js';
import { comparison, defaultOf, nowOf, sysctlVerdict, unitOf } from './sysctl-words.js';
import { plural } from './words.js';

/** up to so many keys are told one by one; more become a table with the meanings folded */
const TOLD_MAX = 4;
const ROWS_MAX = 60;

const bootLine = (row: SysctlRow): Line[] =>
  row.boot === undefined
    ? []
    : [
        [
          'At boot  ',
          { code: row.boot.file },
          ` sets ${row.boot.value}`,
          row.boot.differs ? ': not what is in force now' : '',
          row.boot.overridden.length === 0 ? '' : ` (over ${row.boot.overridden.join(', ')})`,
        ],
      ];

/** All about one key, a few lines. */
const told = (row: SysctlRow) =>
  rich(
    lines(
      [{ bold: row.key }, '  ', { code: nowOf(row) }, unitOf(row), comparison(row)],
      ...(row.entry === undefined ? [] : [[row.entry.meaning] as Line]),
      ...(row.entry?.notThis === undefined ? [] : [[{ bold: 'Note  ' }, row.entry.notThis] as Line]),
      ...(row.entry === undefined
        ? []
        : [
            [
              `A change reaches: ${row.entry.reaches}. ${row.entry.scope === 'ns' ? 'Per network namespace' : 'One value for the machine'}.`,
            ] as Line,
          ]),
      ...bootLine(row),
    ),
  );

const meaningsOf = (rows: readonly SysctlRow[]): Part[] => {
  const groups = new Map<string, SysctlRow[]>();
  for (const row of rows) {
    if (row.entry === undefined) continue;
    groups.set(row.entry.group, [...(groups.get(row.entry.group) ?? []), row]);
  }
  return [...groups].map(([group, members], index) => ({
    blocks: [
      folded(`What they mean: ${group} (${members.length})`, [
        rich(
          bullets(
            members.map(
              (row): Line => [
                { bold: row.key.replace(/^net\.(ipv4|core|netfilter)\./, '') },
                `  ${row.entry?.meaning ?? ''}`,
                row.kernelDefault !== undefined && 'words' in row.kernelDefault
                  ? ` Default: ${row.kernelDefault.words}.`
                  : '',
                ...(row.entry?.notThis === undefined ? [] : [{ italic: ` ${row.entry.notThis}` }]),
              ],
            ),
          ),
        ),
      ]),
    ],
    need: 3 + index,
    name: `meanings of ${group}`,
  }));
};

/** All, or of too many those that differ, then those that are described, then the rest. */
const mostTelling = (rows: readonly SysctlRow[]): readonly SysctlRow[] => {
  const rank = (row: SysctlRow): number => (row.differs === 'yes' ? 0 : row.entry !== undefined ? 1 : 2);
  return rows.length <= ROWS_MAX ? rows : [...rows].sort((a, b) => rank(a) - rank(b)).slice(0, ROWS_MAX);
};

export const sysctlMessage = (input: {
  host: { name: string };
  answer: SysctlAnswer;
  /** ISO 8601 */
  readAt?: string;
  /** `uname -r` */
  kernelRelease?: string;
  private?: boolean;
}): Message => {
  const { host, answer } = input;
  const verdict = sysctlVerdict(host.name, answer);
  const shown = mostTelling(answer.rows);
  const withBoot = shown.some((row) => row.boot !== undefined);
  const grouped = answer.by === 'health';
  const differing = shown.filter((row) => row.differs === 'yes');
  const table = (): Part[] => [
    ...(differing.length === 0
      ? []
      : [
          {
            blocks: [
              rich(
                sectionOf([{ bold: 'Other than the kernel default' }]),
                bullets([
                  ...differing
                    .slice(0, 8)
                    .map(
                      (row): Line => [{ code: row.key }, ` is ${nowOf(row)}${unitOf(row)}, default ${defaultOf(row)}`],
                    ),
                  ...(differing.length > 8 ? [[`… ${differing.length - 8} more in the table`] as Line] : []),
                ]),
              ),
            ],
            need: 1,
            name: 'what differs',
          },
        ]),
    {
      blocks: [
        dataTable(
          verdict,
          ['Now', 'Key', 'Default', 'Differs', ...(withBoot ? ['Set at boot by'] : []), ...(grouped ? ['Group'] : [])],
          shown.map((row) => [
            // the value first: a phone shows it without scrolling sideways
            `${cut(nowOf(row), 60)}${/^ (s|ms|µs|bytes|pages)$/.test(unitOf(row)) ? unitOf(row) : ''}`,
            row.key,
            row.kernelDefault !== undefined && 'words' in row.kernelDefault ? 'depends' : defaultOf(row),
            row.differs === 'yes' ? 'differs' : row.differs === 'no' ? 'same' : '-',
            ...(withBoot
              ? [
                  row.boot === undefined
                    ? '-'
                    : `${row.boot.file}${row.boot.differs ? ` (${row.boot.value}, not in force)` : ''}`,
                ]
              : []),
            ...(grouped ? [row.entry?.group ?? 'other'] : []),
          ]),
          15,
          1,
        ),
      ],
      need: 1,
      name: 'the table',
    },
    ...meaningsOf(shown),
  ];
  const words = answer.words.join(' ').slice(0, 500);
  return messageOf(
    spoken(verdict),
    [
      always(header(`Sysctls of ${host.name}`), paragraph(verdict.slice(host.name.length + 2))),
      ...answer.renamed
        .slice(0, 5)
        .map((it) => always(paragraph({ code: it.typed }, ' is called ', { code: it.today }, ' today.'))),
      ...(shown.length === 0
        ? []
        : shown.length <= TOLD_MAX
          ? shown.map((row) => ({ blocks: [told(row)], need: 1, name: row.key }))
          : table()),
      ...(answer.notThere.length === 0
        ? []
        : [
            always(
              rich(
                bullets(
                  answer.notThere
                    .slice(0, 10)
                    .map(
                      (it): Line => [{ bold: it.key }, `: ${it.why}. `, it.entry?.notThis ?? it.entry?.meaning ?? ''],
                    ),
                ),
              ),
            ),
          ]),
      ...(answer.unknown.length === 0
        ? []
        : [always(paragraph(`Nothing is called ${answer.unknown.slice(0, 5).join(', ')} here.`))]),
      ...(answer.rows.length > ROWS_MAX
        ? [always(context(`${plural(answer.rows.length - ROWS_MAX, 'more')} match: add a word to narrow it.`))]
        : []),
      ...(input.readAt === undefined
        ? []
        : [
            always(
              context(
                'Read ',
                { at: input.readAt },
                input.kernelRelease === undefined ? '' : `, Linux ${input.kernelRelease}`,
              ),
            ),
          ]),
      always(
        actions([
          button(ACTIONS.refreshSysctls, 'Refresh', {
            value: encodeRef({
              host: host.name,
              ...(words === '' ? {} : { words }),
              ...(input.private ? { private: true } : {}),
            }),
          }),
          button(ACTIONS.measure, 'Measure the host', { value: encodeRef({ host: host.name }) }),
        ]),
      ),
    ],
    'Ask for fewer keys to see it.',
  );
};
