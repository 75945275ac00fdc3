/** Parts of the answer about many hosts: what is wrong where, who is silent and why, who stands apart, totals. */
import type { FleetView } from '../core/fleet.js';
import { barChart, bullets, context, folded, type Line, lines, paragraph, rich, sectionOf } from './elements.js';
import { cut } from './escape.js';
import { always, type Part } from './fit.js';
import { deviationInWords, names, silenceInWords } from './fleet-words.js';
import { noteOf, type Titles, titleOf } from './sentences/index.js';
import { count, firstOf, percent, plural } from './words.js';

export const causesPart = (view: FleetView, rules: Titles): Part => {
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

/** What looks scary and is harmless, or is held off for now. */
export const notesPart = (view: FleetView, rules: Titles): Part => {
  const { shown, omitted } = firstOf(view.notes, 4);
  return {
    blocks:
      shown.length === 0
        ? []
        : [
            rich(
              lines(
                ...shown.map(({ id, hosts }): Line => {
                  const { label, what } = noteOf(id, rules);
                  return [
                    { bold: `${label}  ` },
                    `on ${hosts.length > 3 ? `${plural(hosts.length, 'host')} (${names(hosts, 6)})` : names(hosts)}: ${what}`,
                  ];
                }),
                ...(omitted > 0
                  ? [[`${plural(omitted, 'more thing')} to mind: each host’s details have them`] as Line]
                  : []),
              ),
            ),
          ],
    need: 2,
    name: 'what is harmless or to mind',
  };
};

export const silentPart = (view: FleetView): Part => {
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
                  `${names(
                    group.members.map(({ host }) => host),
                    8,
                  )}${group.members.length > 8 ? ` (${plural(group.members.length, 'host')})` : ''}: ${silenceInWords(group)}.`.replace(
                    '?.',
                    '?',
                  ),
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

/** Where those with a finding stand apart too, and what they were compared with: folded. */
export const apartPart = (view: FleetView): Part => {
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

export const healthyPart = (view: FleetView): Part =>
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

export const totalsParts = (selector: string, view: FleetView): readonly Part[] => {
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
