/** `--since`: what was kept of hosts, as a chart; nothing is asked of them. */
import { trendMessage } from '../blocks/trend.js';
import { trendManyMessage } from '../blocks/trend-many.js';
import type { AnswerOptions, Desk } from '../command.js';
import type { Host } from '../core/inventory.js';
import { type TrendSample, trendOf } from '../core/trend.js';

const DAY_MS = 86_400_000;

interface Kept {
  span: { fromMs: number; toMs: number };
  samples: readonly TrendSample[];
  /** of the same time the day before */
  yesterday: readonly TrendSample[];
}

const keptOf = async (desk: Desk, host: Host, toMs: number, sinceMs: number): Promise<Kept> => {
  const span = { fromMs: toMs - sinceMs, toMs };
  const read = async (backMs: number) =>
    (await desk.sweeps?.samples(host, span.fromMs - backMs, span.toMs - backMs)) ?? [];
  const [samples, yesterday] = await Promise.all([read(0), read(DAY_MS)]);
  return { span, samples, yesterday };
};

/** @param since how long, and as it was typed */
export const courseOf = async (
  desk: Desk,
  host: Host,
  since: { ms: number; text: string },
  options: AnswerOptions,
): Promise<void> => {
  const { samples, yesterday, span } = await keptOf(desk, host, desk.now(), since.ms);
  const message = trendMessage({
    host,
    trend: trendOf(samples, yesterday, span),
    rules: desk.rules,
    since: since.text,
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
  const toMs = desk.now();
  const trends = await Promise.all(
    hosts.map(async (host) => {
      const { samples, yesterday, span } = await keptOf(desk, host, toMs, sinceMs);
      const lines = { linesMax: Number.POSITIVE_INFINITY, whole: true };
      return { host: host.name, trend: trendOf(samples, yesterday, span, lines) };
    }),
  );
  const message = trendManyMessage({ hosts: trends });
  await desk.answer(message, async () => message, options);
};
