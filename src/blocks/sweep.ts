/** What a sweep says: one message per cause, kept current; and the list of sweeps. */
import type { Rule } from '../core/rule.js';
import { type Alert, hostsOf, isOpen, NO_ANSWER } from '../core/sweep.js';
import { ACTIONS, encodeRef } from './actions.js';
import { actions, bullets, button, context, header, type Line, lines, paragraph, rich } from './elements.js';
import { spoken } from './escape.js';
import { always, messageOf } from './fit.js';
import { names } from './fleet-words.js';
import type { Message } from './message.js';
import { titleOf } from './sentences/index.js';
import { count, duration, figure, plural } from './words.js';

export interface AlertShown {
  sweep: { name: string; hosts: string };
  alert: Alert;
  rules: ReadonlyMap<string, Rule>;
  nowMs: number;
  /** numbers that stand apart from the same hour a day before, of the first hosts that have it */
  yesterday: readonly { host: string; name: string; now: number; before: number }[];
}

export interface SweepShown {
  name: string;
  hosts: string;
  everySeconds: number;
  channel: string;
  /** undefined: not yet */
  last?: { atMs: number; answered: number; asked: number; notAsked?: number };
  /** it names more hosts than one sweep measures */
  cut?: { measured: number; named: number };
  nextMs: number;
  open: readonly {
    cause: string;
    hosts: readonly string[];
    sinceMs: number;
    acknowledgedBy?: string;
    silencedUntilMs?: number;
  }[];
}

const iso = (ms: number): string => new Date(ms).toISOString();
const WHEN = '{date_short_pretty} {time}';

export const causeInWords = (cause: string, rules: ReadonlyMap<string, Rule>): string =>
  cause === NO_ANSWER ? 'No answer' : titleOf(cause, rules);

/** What the buttons of an alert carry: a cause that is raised again is another alert. */
export const alertId = (sweep: string, alert: Pick<Alert, 'cause' | 'raisedAtMs'>): string =>
  `${sweep}/${alert.cause}/${alert.raisedAtMs}`;

const levelOf = (cause: string, rules: ReadonlyMap<string, Rule>): string =>
  cause === NO_ANSWER || rules.get(cause)?.severity === 'crit' ? 'CRITICAL' : 'WARNING';

export const alertMessage = (input: AlertShown): Message => {
  const { sweep, alert, rules, nowMs, yesterday } = input;
  const hosts = hostsOf(alert);
  const title = causeInWords(alert.cause, rules);
  if (!isOpen(alert)) {
    const lasted = duration(((alert.clearedAtMs ?? nowMs) - alert.raisedAtMs) / 1000);
    const verdict = `CLEARED  ${sweep.name}: ${title}, after ${lasted}`;
    return messageOf(spoken(verdict), [
      always(
        header(verdict),
        context('From ', { at: iso(alert.raisedAtMs), format: WHEN }, ' to ', {
          at: iso(alert.clearedAtMs ?? nowMs),
          format: WHEN,
        }),
        ...(alert.left === undefined
          ? []
          : [
              paragraph(
                { bold: 'Not known to be over  ' },
                `${names(alert.left, 4)} had it when the sweep last looked, and ${alert.left.length === 1 ? 'is' : 'are'} no longer measured by it.`,
              ),
            ]),
        ...(alert.acknowledged === undefined ? [] : [paragraph('Acknowledged by ', { user: alert.acknowledged.by })]),
      ),
    ]);
  }
  const verdict = `${levelOf(alert.cause, rules)}  ${sweep.name}: ${title} on ${names(hosts, 4)}`;
  const id = alertId(sweep.name, alert);
  const silenced = (alert.silencedUntilMs ?? 0) > nowMs;
  const selector = hosts.join(',').length <= 480 ? hosts.join(',') : sweep.hosts;
  const notes: Line[] = [
    [{ bold: plural(hosts.length, 'host') }, `: ${names(hosts, 12)}`],
    ...yesterday
      .slice(0, 3)
      .map(
        (it): Line => [
          { bold: 'Yesterday at this hour  ' },
          `${it.host}: ${it.name} ${figure(it.before)}, now ${figure(it.now)}`,
        ],
      ),
    ...(alert.acknowledged === undefined
      ? []
      : [
          [
            { bold: 'Acknowledged  ' },
            'by ',
            { user: alert.acknowledged.by },
            ' at ',
            { at: iso(alert.acknowledged.atMs) },
          ] as Line,
        ]),
    ...(silenced
      ? [[{ bold: 'Silenced  ' }, 'until ', { at: iso(alert.silencedUntilMs ?? nowMs), format: WHEN }] as Line]
      : []),
  ];
  return messageOf(spoken(verdict), [
    always(
      header(verdict),
      context(
        'Since ',
        { at: iso(alert.raisedAtMs), format: WHEN },
        `, seen by the sweep of ${sweep.hosts}. This message is kept current`,
      ),
      rich(lines(...notes)),
      actions([
        ...(alert.acknowledged === undefined
          ? [button(ACTIONS.sweepAcknowledge, 'Acknowledge', { style: 'primary', value: encodeRef({ alert: id }) })]
          : []),
        button(ACTIONS.sweepSilence, 'Silence 1 h', { value: encodeRef({ alert: id }) }),
        button(ACTIONS.fleet, 'Measure now', {
          value: encodeRef({ selector, hosts: Math.max(1, hosts.length), alert: id }),
        }),
      ]),
    ),
  ]);
};

export const sweepsMessage = (sweeps: readonly SweepShown[], rules: ReadonlyMap<string, Rule>): Message => {
  const open = sweeps.reduce((sum, sweep) => sum + sweep.open.length, 0);
  const verdict =
    sweeps.length === 0
      ? 'No sweeps: nothing is measured on a schedule'
      : `${plural(sweeps.length, 'sweep')}, ${open === 0 ? 'nothing open' : plural(open, 'open alert')}`;
  return messageOf(spoken(verdict), [
    always(
      header(verdict),
      ...(sweeps.length === 0
        ? [paragraph('An operator names them in ', { code: 'sweeps.yml' }, ': hosts, every, channel.')]
        : []),
    ),
    ...sweeps.slice(0, 20).map((sweep) => ({
      blocks: [
        rich(
          lines([
            { bold: sweep.name },
            `  ${sweep.hosts} every ${duration(sweep.everySeconds)}; `,
            ...(sweep.last === undefined
              ? ['not measured yet']
              : [
                  'last ',
                  { at: iso(sweep.last.atMs) },
                  `: ${count(sweep.last.answered)} of ${plural(sweep.last.asked, 'host')} answered`,
                  ...(sweep.last.notAsked === undefined
                    ? []
                    : [`, ${plural(sweep.last.notAsked, 'host')} had no turn: their alerts stand as they were`]),
                ]),
            ...(sweep.cut === undefined
              ? []
              : [
                  `; only ${count(sweep.cut.measured)} of the ${plural(sweep.cut.named, 'host')} that it names are measured: `,
                  'make two sweeps of it',
                ]),
          ]),
          ...(sweep.open.length === 0
            ? []
            : [
                bullets(
                  sweep.open
                    .slice(0, 8)
                    .map(
                      (it): Line => [
                        { bold: causeInWords(it.cause, rules) },
                        ` on ${names(it.hosts, 4)} since `,
                        { at: iso(it.sinceMs), format: WHEN },
                        ...(it.acknowledgedBy === undefined ? [] : [', acknowledged by ', { user: it.acknowledgedBy }]),
                        ...(it.silencedUntilMs === undefined
                          ? []
                          : [', silenced until ', { at: iso(it.silencedUntilMs) }]),
                      ],
                    ),
                ),
              ]),
        ),
      ],
      need: 1,
      name: sweep.name,
    })),
  ]);
};
