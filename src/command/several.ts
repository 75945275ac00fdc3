/** What is asked of one host, asked of a few at once: how a rule was judged, the course of a number. */
import type { Usage } from '../blocks/notices.js';
import { usageMessage } from '../blocks/notices.js';
import { waitingMessage } from '../blocks/waiting.js';
import { whyManyMessage } from '../blocks/why-many.js';
import type { AnswerOptions, Desk } from '../command.js';
import type { Host } from '../core/inventory.js';
import type { Rule } from '../core/rule.js';

/** lines that a chart still shows apart; a page of rows */
export const SEVERAL = { since: 6, why: 20 } as const;

/** by how bad it was when it was measured last */
const SICKNESS = { crit: 2, warn: 1, info: 0 } as const;

const sickness = (desk: Desk, host: Host): number =>
  Math.max(
    0,
    ...(desk.last(host)?.diagnosis.findings ?? [])
      .filter(({ status }) => status === 'present')
      .map(({ severity }) => SICKNESS[severity]),
  );

/** The sickest first, as far as anybody has measured them; else as they were named. */
const sickestFirst = (desk: Desk, hosts: readonly Host[]): { hosts: readonly Host[]; sick: boolean } => {
  const by = new Map(hosts.map((host) => [host, sickness(desk, host)]));
  const sick = (host: Host): number => by.get(host) ?? 0;
  return { hosts: [...hosts].sort((a, b) => sick(b) - sick(a)), sick: hosts.some((host) => sick(host) > 0) };
};

const named = (hosts: readonly Host[], most: number): string =>
  hosts
    .slice(0, most)
    .map(({ name }) => name)
    .join(',');

/** @returns true where there are too many, and the typist has been told what to type instead */
export const tooMany = async (
  desk: Desk,
  usage: Usage,
  asked: { option: 'since' | 'why' | 'watch'; selector: string; hosts: readonly Host[]; value: string },
): Promise<boolean> => {
  const { option, hosts, value } = asked;
  const most = option === 'watch' ? 1 : SEVERAL[option];
  if (hosts.length <= most) return false;
  const what = `“${asked.selector.slice(0, 80)}” names ${hosts.length} hosts`;
  const nearest = sickestFirst(desk, hosts);
  const typed = `${usage.command} ${named(nearest.hosts, most)} --${option} ${value}`;
  const type = nearest.sick ? 'Type, for the sickest that were measured' : 'Type';
  await desk.whisper(
    usageMessage(
      usage,
      option === 'watch'
        ? `${what}; a watch keeps the message of one host current. ${type}: ${typed}. All of them now: ${usage.command} ${asked.selector.slice(0, 80)}; all of them again and again: a sweep.`
        : `${what}; --${option} takes up to ${most}. ${type}: ${typed.slice(0, 400)}`,
    ),
  );
  return true;
};

/** One message: each host measured, the rule judged on each. */
export const whyOfMany = async (
  desk: Desk,
  hosts: readonly Host[],
  rule: Rule,
  options: AnswerOptions,
): Promise<void> => {
  await desk.answer(
    waitingMessage({ of: named(hosts, hosts.length).slice(0, 200), doing: `measuring, for ${rule.id}` }),
    async (_show, cancelled) => {
      const all = await Promise.all(hosts.map((host) => desk.investigate(host, cancelled)));
      return whyManyMessage({
        rule,
        hosts: all.map((investigated) => {
          const { host } = investigated;
          if (investigated.status === 'failed') return { host: host.name, failure: investigated.failure.message };
          const judged = investigated.diagnosis.findings.filter(({ id }) => id === rule.id);
          const [finding] = judged;
          return finding === undefined
            ? { host: host.name, failure: 'the rule was not judged there' }
            : { host: host.name, finding };
        }),
      });
    },
    options,
  );
};
