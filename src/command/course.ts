/** `--since`: what was kept of hosts, as a chart; nothing is asked of them. */
import { trendMessage } from '../blocks/trend.js';
import { trendManyMessage } from '../blocks/trend-many.js';
import type { AnswerOptions, Desk } from '../command.js';
import type { Host } from '../core/inventory.js';
import { type TrendSample, timesIn, trendOf } from '../core/trend.js';
import { frameOf } from '../core/trend-frame.js';
import { measuresIn } from '../core/trend-measures.js';

const DAY_MS = 86_400_000;

interface Kept {
  host: Host;
  samples: readonly TrendSample[];
  /** of the same time the day before */
  yesterday: readonly TrendSample[];
  /** by which numbers the findings are measured that the last measurement found; none after a restart */
  by: readonly string[];
}

interface Span {
  fromMs: number;
  toMs: number;
}

const keptOf = async (desk: Desk, host: Host, { fromMs, toMs }: Span): Promise<Kept> => {
  const read = async (backMs: number) => (await desk.sweeps?.samples(host, fromMs - backMs, toMs - backMs)) ?? [];
  const [samples, yesterday] = await Promise.all([read(0), read(DAY_MS)]);
  const last = desk.last(host);
  return { host, samples, yesterday, by: last === undefined ? [] : measuresIn(last).by };
};

const spanOf = (desk: Desk, sinceMs: number): Span => {
  const toMs = desk.now();
  return { fromMs: toMs - sinceMs, toMs };
};

export const courseOf = async (
  desk: Desk,
  host: Host,
  since: { ms: number },
  options: AnswerOptions,
): Promise<void> => {
  const span = spanOf(desk, since.ms);
  const { samples, yesterday, by } = await keptOf(desk, host, span);
  const message = trendMessage({
    host,
    trend: trendOf(samples, yesterday, span, { first: by }),
    rules: desk.rules,
    by,
    canWatch: desk.watches !== undefined,
  });
  await desk.answer(message, async () => message, options);
};

/** The same of a few hosts, in one chart. */
export const courseOfMany = async (
  desk: Desk,
  hosts: readonly Host[],
  sinceMs: number,
  options: AnswerOptions,
): Promise<void> => {
  const span = spanOf(desk, sinceMs);
  const all = await Promise.all(hosts.map((host) => keptOf(desk, host, span)));
  const frame = frameOf(all.map(({ samples }) => timesIn(samples, span)));
  const lines = { all: true, ...(frame === undefined ? {} : { frame }) };
  const message = trendManyMessage({
    hosts: all.map(({ host, samples, yesterday, by }) => ({
      host: host.name,
      trend: trendOf(samples, yesterday, span, { ...lines, first: by }),
      by,
    })),
    canWatch: desk.watches !== undefined,
  });
  await desk.answer(message, async () => message, options);
};
