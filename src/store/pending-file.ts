/**
 * Promised answers in a file of JSON lines: one line a step, appended before the next thing is done. Survives the death of the
 * process (not that of the machine: an answer that is lost with the machine is asked again by a person). Rewritten when it has grown.
 */
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { PendingAnswer, PendingAnswers } from '../ports/pending.js';

const REMEMBERED_MS = 30 * 60_000;
const LINES_MAX = 5_000;

const posted = z.strictObject({ channel: z.string(), ts: z.string() });
const line = z.discriminatedUnion('step', [
  z.strictObject({
    step: z.literal('open'),
    id: z.string(),
    command: z.string(),
    text: z.string(),
    since: z.number(),
    caller: z.strictObject({
      teamId: z.string(),
      userId: z.string(),
      channel: z.string(),
      threadTs: z.string().optional(),
    }),
    posted: posted.optional(),
  }),
  z.strictObject({ step: z.literal('posted'), id: z.string(), posted }),
  z.strictObject({ step: z.literal('settled'), id: z.string(), at: z.number() }),
]);
type Line = z.infer<typeof line>;
type Opened = Extract<Line, { step: 'open' }>;

const readLines = (file: string): Line[] => {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return text.split('\n').flatMap((row) => {
    // A line that was cut short by the end of the process says nothing.
    try {
      const { data } = line.safeParse(JSON.parse(row));
      return data === undefined ? [] : [data];
    } catch {
      return [];
    }
  });
};

const caller = ({ teamId, userId, channel, threadTs }: Opened['caller']): PendingAnswer['caller'] => ({
  teamId,
  userId,
  channel,
  ...(threadTs === undefined ? {} : { threadTs }),
});

/** @throws where the file can't be read or written: then nothing that is promised would survive */
export const openPendingFile = (file: string, now: () => number): PendingAnswers => {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const open = new Map<string, PendingAnswer>();
  const settled = new Map<string, number>();
  for (const step of readLines(file)) {
    if (step.step === 'open')
      open.set(step.id, {
        id: step.id,
        command: step.command,
        text: step.text,
        since: step.since,
        caller: caller(step.caller),
        ...(step.posted === undefined ? {} : { posted: step.posted }),
      });
    else if (step.step === 'posted') {
      const known = open.get(step.id);
      if (known !== undefined) open.set(step.id, { ...known, posted: step.posted });
    } else {
      open.delete(step.id);
      settled.set(step.id, step.at);
    }
  }
  const unsettled = [...open.values()].sort((a, b) => a.since - b.since);

  let descriptor = -1;
  let lines = 0;
  const row = (step: Line): string => `${JSON.stringify(step)}\n`;
  const opened = (answer: PendingAnswer): Line => ({ step: 'open', ...answer, caller: caller(answer.caller) });

  /** In the order in which they were settled: the old ones come first. */
  const forget = (): void => {
    for (const [id, at] of settled) {
      if (now() - at <= REMEMBERED_MS) return;
      settled.delete(id);
    }
  };
  /** Only what still counts, in a new file that takes the old one's place at once. */
  const rewrite = (): void => {
    forget();
    const rows = [
      ...[...settled].map(([id, at]) => row({ step: 'settled', id, at })),
      ...[...open.values()].map((answer) => row(opened(answer))),
    ];
    const next = `${file}.new`;
    writeFileSync(next, rows.join(''), { mode: 0o600 });
    renameSync(next, file);
    if (descriptor !== -1) closeSync(descriptor);
    descriptor = openSync(file, 'a', 0o600);
    lines = rows.length;
  };
  const append = (step: Line): void => {
    if (descriptor === -1) return;
    writeSync(descriptor, row(step));
    lines += 1;
    forget();
    if (lines > LINES_MAX && lines > 2 * (open.size + settled.size)) rewrite();
  };
  rewrite();

  return {
    open: (answer) => {
      open.set(answer.id, answer);
      append(opened(answer));
    },
    posted: (id, where) => {
      const known = open.get(id);
      if (known === undefined) return;
      open.set(id, { ...known, posted: where });
      append({ step: 'posted', id, posted: where });
    },
    settle: (id) => {
      if (!open.delete(id)) return;
      settled.set(id, now());
      append({ step: 'settled', id, at: now() });
    },
    unsettled: () => unsettled,
    recentIds: () => [...settled.keys(), ...open.keys()],
    close: () => {
      if (descriptor !== -1) closeSync(descriptor);
      descriptor = -1;
    },
  };
};
