/** How one rule was judged on several hosts: a line each, those where it holds first. */
import type { Finding } from '../core/finding.js';
import type { Rule } from '../core/rule.js';
import { bullets, context, header, type Line, paragraph, rich, sectionOf } from './elements.js';
import { spoken } from './escape.js';
import { always, messageOf } from './fit.js';
import type { Message } from './message.js';
import { headlineOf } from './sentences/index.js';
import { list, plural } from './words.js';

export interface WhyMany {
  rule: Rule;
  hosts: readonly { host: string; finding?: Finding /** why there is none */; failure?: string }[];
}

const GROUPS = [
  { status: 'present', title: 'Present' },
  { status: 'inconclusive', title: 'Could not be judged' },
  { status: 'absent', title: 'Absent' },
] as const;

export const whyManyMessage = ({ rule, hosts }: WhyMany): Message => {
  const of = (status: Finding['status']) => hosts.filter(({ finding }) => finding?.status === status);
  const silent = hosts.filter(({ finding }) => finding === undefined);
  const present = of('present');
  const verdict = `“${rule.title}”: ${present.length === 0 ? 'on none' : `on ${present.length}`} of ${plural(hosts.length, 'host')}${present.length === 0 ? '' : `: ${list(present.map(({ host }) => host))}`}`;
  const rows = (some: WhyMany['hosts'], status: Finding['status']): readonly Line[] =>
    some.map(({ host, finding }): Line => {
      if (finding === undefined) return [{ bold: host }];
      const said =
        status === 'present'
          ? headlineOf(finding, new Map([[rule.id, rule]]))
          : status === 'absent'
            ? (finding.steps.find(({ holds }) => holds === false)?.answer ?? '')
            : list(finding.missing.slice(0, 3));
      return [{ bold: host }, said === '' ? '' : `  ${said}`];
    });
  const first = present[0] ?? hosts[0];
  return messageOf(spoken(verdict), [
    always(header(verdict)),
    ...GROUPS.flatMap(({ status, title }) => {
      const some = of(status);
      return some.length === 0
        ? []
        : [
            always(
              rich(sectionOf([{ bold: `${title}: ${plural(some.length, 'host')}` }]), bullets(rows(some, status))),
            ),
          ];
    }),
    ...(silent.length === 0
      ? []
      : [
          always(
            rich(
              sectionOf([{ bold: `No answer: ${plural(silent.length, 'host')}` }]),
              bullets(silent.map(({ host, failure }): Line => [{ bold: host }, `  ${failure ?? ''}`])),
            ),
          ),
        ]),
    always(
      paragraph({ bold: 'Why it matters  ' }, rule.why),
      context(`With every step and number, for one host: /tcpstates ${first?.host ?? '<host>'} --why ${rule.id}`),
    ),
  ]);
};
