/** `/hosts check`: step by step, where the way to a host ends and what to do there. */
import type { Host } from '../core/inventory.js';
import { ACTIONS, encodeRef } from './actions.js';
import { actions, bullets, button, header, type Line, lines, paragraph, rich } from './elements.js';
import { spoken } from './escape.js';
import { type Failure, failureLines } from './failure.js';
import { always, messageOf } from './fit.js';
import type { Message } from './message.js';
import { count, list, plural, took } from './words.js';

export interface Report {
  steps: readonly { name: string; status: 'ok' | 'failed' | 'not tried'; detail: string; tookMs: number }[];
  failure?: Failure;
}

const stepLine = (step: Report['steps'][number]): Line => [
  { bold: step.status === 'ok' ? 'ok  ' : step.status === 'failed' ? 'FAILED  ' : 'not tried  ' },
  `${step.name}`,
  step.detail === '' ? '' : `: ${step.detail}`,
  step.status === 'not tried' ? '' : ` (${took(step.tookMs)})`,
];

const verdictOfCheck = (host: { name: string }, report: Report): string => {
  const failed = report.steps.find((step) => step.status === 'failed');
  if (report.failure === undefined && failed === undefined)
    return `REACHABLE  ${host.name}: every step of the way works`;
  return `NOT REACHABLE  ${host.name}: ${failed === undefined ? '' : `ends at ${failed.name}. `}${report.failure?.message ?? failed?.detail ?? ''}`;
};

export const checkMessage = (input: { host: Pick<Host, 'name'>; report: Report }): Message => {
  const { host, report } = input;
  const verdict = verdictOfCheck(host, report);
  const more = report.failure === undefined ? [] : failureLines(report.failure);
  return messageOf(spoken(verdict), [
    always(
      header(verdict.split(': ', 1)[0] ?? verdict),
      ...(report.failure === undefined ? [] : [paragraph(report.failure.message)]),
      rich(bullets(report.steps.slice(0, 12).map(stepLine))),
      ...(more.length === 0 ? [] : [rich(lines(...more))]),
      actions([button(ACTIONS.checkHost, 'Check again', { value: encodeRef({ host: host.name }) })]),
    ),
  ]);
};

const ofAll = (hosts: number): string =>
  hosts === 1 ? 'The host is' : hosts === 2 ? 'Both hosts are' : `All ${count(hosts)} hosts are`;

/** Several hosts: the ones that fail first, each with the reason in a line; by name, in whichever order they answered. */
export const checksMessage = (checks: readonly { host: Pick<Host, 'name'>; report: Report }[]): Message => {
  const sorted = [...checks].sort(
    (a, b) =>
      Number(b.report.failure !== undefined) - Number(a.report.failure !== undefined) ||
      a.host.name.localeCompare(b.host.name, 'en', { numeric: true }),
  );
  const failed = checks.filter((check) => check.report.failure !== undefined).length;
  const verdict =
    failed === 0
      ? `${ofAll(checks.length)} reachable`
      : `${count(failed)} of ${plural(checks.length, 'host')} ${failed === 1 ? 'is' : 'are'} not reachable`;
  const shown = sorted.slice(0, 30);
  const silent = sorted.slice(0, failed).map(({ host }) => host.name);
  return messageOf(
    spoken(
      failed === 0 ? verdict : `NOT REACHABLE  ${count(failed)} of ${plural(checks.length, 'host')}: ${list(silent)}`,
    ),
    [
      always(
        header(verdict),
        rich(
          bullets(
            shown.map(({ host, report }): Line => {
              const at = report.steps.find((step) => step.status === 'failed')?.name;
              return report.failure === undefined
                ? [{ bold: host.name }, ': ok']
                : [{ bold: host.name }, `: FAILED${at === undefined ? '' : ` at ${at}`}. `, report.failure.message];
            }),
          ),
        ),
        ...(sorted.length > shown.length
          ? [paragraph(`… ${sorted.length - shown.length} more; name one: /hosts check <host>`)]
          : []),
      ),
    ],
  );
};
