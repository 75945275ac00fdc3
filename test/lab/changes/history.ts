/**
 * One change, from its draft to its end, while the bot, SSH, the gate or the network go away; and what must hold of it, held
 * against the kernel's real values, the gate's own log and the database.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AuditEntry, verifyChain } from '../../../src/core/audit.js';
import { type Change, type ChangeEvent, type ChangeState, isEnded } from '../../../src/core/change.js';
import { reconcile } from '../../../src/core/reconcile.js';
import { sha256 } from '../../../src/store/audit.js';
import { openStore } from '../../../src/store/open.js';
import { Bot } from './bot.js';
import { type Click, type Looked, type Point, pointText } from './orders.js';
import type { Seen, Values } from './values.js';
import { FROM, KEYS, TO, type WiredHost } from './wired-host.js';

export type Goal = 'confirm' | 'revert' | 'silence';

/** What happens to one process of the bot; the processes after the last named one live in peace. */
export interface Life {
  kill?: Point;
  pause?: Point;
  /** while it stands at the pause */
  paused?: (host: WiredHost, bot: Bot) => Promise<void>;
  /** how long nobody is there after its death, ms; `window`: until the host's window is over */
  down?: number | 'window';
}

export interface History {
  name: string;
  goal: Goal;
  windowSeconds: number;
  persistent: boolean;
  lives: readonly Life[];
  /** where it may end; each of them must agree with the host all the same */
  ends: readonly ChangeState[];
  /** told at every look of the people, about twice a second */
  looked?: (change: Change, host: WiredHost, bot: Bot) => Promise<void>;
}

export interface Told {
  name: string;
  violations: string[];
  end: ChangeState | 'none';
  kills: number;
  gateKills: number;
  processes: number;
  /** an order's step that no process came to */
  unreached: string[];
  /** seconds that a value nobody confirmed was in force beyond the window; undefined where none was to be taken back by the host */
  lateS?: number;
  /** the machine stood still: lateness proves nothing */
  stalled: boolean;
  tookMs: number;
  messages: number;
}

/** seconds beyond the window */
const LATE_S_MAX = 2;
/** people look again, once nothing has happened for a moment, less often: every look takes a share of the machine from all hosts */
const LOOK_MS = 200;
const LOOK_IDLE_MS = 700;
/** far more than any takes on a machine that has time: a busy one is late, not wrong */
const HISTORY_MS_MAX = 900_000;
/** a person waits for the first measurement, but not for ever */
const MEASURED_MS_MAX = 3_000;

export interface Stage {
  program: string;
  folder: string;
  values: Values;
}

/** Steps of the processes of a history, in order: `before STEP`, `after STEP`, and what else they noted. */
export const stepsOf = (stage: Stage, name: string): string[] => {
  try {
    return readFileSync(join(stage.folder, `${name}.steps`), 'utf8')
      .split('\n')
      .filter(Boolean);
  } catch {
    return [];
  }
};

interface Shown {
  atMs: number;
  ts: string;
  text: string;
  words: string;
}
const messagesOf = (file: string): Shown[] => {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Shown);
  } catch {
    return [];
  }
};

/** What a person does who sees this change. @returns undefined: waits */
const next = (goal: Goal, change: Change | undefined): Click | undefined => {
  if (change === undefined) return 'propose';
  if (change.state === 'proposed') return 'approve';
  if (change.state !== 'applied' && change.state !== 'verified') return undefined;
  if (goal === 'silence' || change.underway !== undefined) return undefined;
  const waited = Date.now() - (change.appliedAtMs ?? 0) > MEASURED_MS_MAX;
  return change.measurements.length > 0 || waited ? goal : undefined;
};

const uptimeS = (): number => Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);

export const play = async (stage: Stage, host: WiredHost, at: number, history: History): Promise<Told> => {
  await host.fresh();
  const startedMs = Date.now();
  const startedS = uptimeS();
  const file = (what: string): string => join(stage.folder, `${history.name}.${what}`);
  const told: Told = {
    name: history.name,
    violations: [],
    end: 'none',
    kills: 0,
    gateKills: 0,
    processes: 0,
    unreached: [],
    stalled: false,
    tookMs: 0,
    messages: 0,
  };
  const wrong = (what: string): void => {
    told.violations.push(`${history.name}: ${what}`);
  };
  const overdue = (): boolean => Date.now() - startedMs > HISTORY_MS_MAX;
  const outlast = async (down: Life['down']): Promise<void> => {
    if (down === undefined) return;
    if (down !== 'window') return sleep(down);
    const inForce = stage.values.since(at, startedMs).find(({ key, value }) => TO[key] === value);
    const ends = (inForce?.bootS ?? uptimeS()) + history.windowSeconds + LATE_S_MAX + 1;
    await sleep(Math.max(0, ends - uptimeS()) * 1_000);
  };

  let change: Change | undefined;
  let quiet = false;
  while (!quiet && !overdue()) {
    const life = history.lives[told.processes];
    told.processes++;
    let paused = false;
    const bot = new Bot(
      stage.program,
      {
        database: file('db'),
        host: host.host,
        from: FROM,
        to: TO,
        windowSeconds: history.windowSeconds,
        persistent: history.persistent,
        verifyAfterSeconds: 1,
        messages: file('messages'),
        steps: file('steps'),
        ...(life?.kill === undefined ? {} : { kill: life.kill }),
        ...(life?.pause === undefined ? {} : { pause: life.pause }),
      },
      async () => {
        paused = true;
        await life?.paused?.(host, bot);
      },
    );
    await bot.ready;
    let still = 0;
    let begun = -1;
    let before = -1;
    while (!bot.dead && !overdue()) {
      const looked: Looked | undefined = await bot.do('look');
      if (looked === undefined) break;
      ({ change } = looked);
      if (change !== undefined) await history.looked?.(change, host, bot);
      if (change !== undefined && isEnded(change.state)) {
        // Over when nothing is under way any more and the message says so.
        still = looked.begun === begun && looked.open === 0 && says(file('messages'), change) ? still + 1 : 0;
        begun = looked.begun;
        if (still >= 3) {
          quiet = true;
          break;
        }
      } else {
        const click = next(history.goal, change);
        if (click === 'propose') await bot.do('draft');
        if (click !== undefined) await bot.do(click);
      }
      const moved = looked.begun !== before;
      before = looked.begun;
      await sleep(moved || still > 0 ? LOOK_MS : LOOK_IDLE_MS);
    }
    if (bot.dead) {
      told.kills++;
      await outlast(life?.down);
    } else if (life?.kill !== undefined) told.unreached.push(pointText(life.kill));
    if (life?.pause !== undefined && !paused) told.unreached.push(pointText(life.pause));
    if (bot.trouble !== '') wrong(`the bot: ${bot.trouble}`);
    await bot.kill();
    // An end that was seen just before a kill is looked at once more by a process that lives.
    if (quiet && told.processes < history.lives.length)
      quiet = quiet && history.lives[told.processes]?.kill === undefined;
  }
  if (overdue()) wrong(`did not come to an end: ${change?.state ?? 'no change'}`);
  told.gateKills = host.gateDeaths;
  await judge(stage, host, at, history, { startedMs, startedS }, told, wrong);
  told.tookMs = Date.now() - startedMs;
  return told;
};

/** Whether the message of a change says how it ended. */
const says = (file: string, change: Change): boolean => {
  const word: Partial<Record<ChangeState, string>> = {
    confirmed: 'CONFIRMED',
    reverted: 'REVERTED',
    failed: 'FAILED',
    stale: 'NOT APPLIED',
    expired: 'EXPIRED',
    'revert-failed': 'REVERT FAILED',
  };
  const shown = messagesOf(file).filter(({ ts }) => !ts.startsWith('thread'));
  return shown.at(-1)?.words.includes(`${word[change.state] ?? '?'}  `) === true;
};

const judge = async (
  stage: Stage,
  host: WiredHost,
  at: number,
  history: History,
  { startedMs, startedS }: { startedMs: number; startedS: number },
  told: Told,
  wrong: (what: string) => void,
): Promise<void> => {
  if (!stage.values.alive) wrong('nobody looked at the values');
  const store = await openStore(join(stage.folder, `${history.name}.db`));
  const all = await store.changes.find({ limit: 10 });
  const entries: AuditEntry[] = [];
  for await (const entry of store.audit.read({})) entries.push(entry);
  const [change] = all;
  const events = change === undefined ? [] : ((await store.changes.load(change.id))?.events ?? []);
  await store.close();
  if (change === undefined || all.length !== 1) return wrong(`${all.length} changes in the database, wanted 1`);
  told.end = change.state;
  const messages = messagesOf(join(stage.folder, `${history.name}.messages`));
  told.messages = new Set(messages.filter(({ ts }) => !ts.startsWith('thread')).map(({ ts }) => ts)).size;

  // ---- the log here
  const { problems } = verifyChain(entries, [], sha256);
  if (problems.length > 0) wrong(`the audit chain: ${JSON.stringify(problems)}`);
  const audited = entries.filter(({ kind }) => kind !== 'change.refused').map(({ kind }) => kind);
  const happened = events.map(({ type }) => `change.${type}`);
  if (audited.join() !== happened.join()) wrong(`audited ${audited.join()} but happened ${happened.join()}`);

  // ---- the host
  const values = await host.values();
  const inForce = KEYS.filter((key) => values[key] === TO[key]).length;
  const asBefore = KEYS.filter((key) => values[key] === FROM[key]).length;
  const record = host.record(change.id);
  const lines = host.log(change.id);
  const times = (event: string): number => lines.filter((line) => line.event === event).length;
  const confirmed = record?.state === 'confirmed';
  if (confirmed ? inForce !== KEYS.length : asBefore !== KEYS.length)
    wrong(`the host has ${JSON.stringify(values)} though its record is ${record?.state ?? 'none'}`);
  for (const event of ['prepared', 'applied', 'confirmed', 'reverted'])
    if (times(event) > 1) wrong(`${event} ${times(event)} times by the gate's own log`);
  const seen = stage.values.since(at, startedMs);
  for (const key of KEYS) {
    const went = seen.filter((it) => it.key === key && it.value === TO[key]).length;
    if (went > 1) wrong(`${key} was set ${went} times`);
    const strange = seen.find((it) => it.key === key && it.value !== TO[key] && it.value !== FROM[key]);
    if (strange !== undefined) wrong(`${key} was ${strange.value}`);
  }
  if (host.isPersisted(change.id) !== (confirmed && history.persistent))
    wrong(
      `${host.isPersisted(change.id) ? 'kept' : 'not kept'} for the next boot though ${record?.state ?? 'unknown'}`,
    );

  // ---- both agree
  const agrees: Partial<Record<ChangeState, readonly (string | undefined)[]>> = {
    confirmed: ['confirmed'],
    reverted: ['reverted'],
    failed: [undefined, 'failed'],
    expired: [undefined],
    stale: [undefined],
  };
  if (!agrees[change.state]?.includes(record?.state))
    wrong(`ended ${change.state} (${change.ending ?? ''}) but the host says ${record?.state ?? 'it knows nothing'}`);
  if (!history.ends.includes(change.state))
    wrong(`ended ${change.state} (${change.ending ?? ''}), wanted ${history.ends.join(' or ')}`);
  for (const { kind, detail } of reconcile(entries, lines)) wrong(`the two logs: ${kind}, ${detail}`);
  for (const what of untrue(events, seen)) wrong(what);

  // ---- in time
  const first = seen.find(({ key, value }) => TO[key] === value);
  if (first === undefined || confirmed) return;
  const last = seen.findLast(({ key, value }) => FROM[key] === value);
  if (last === undefined) return;
  const lateS = last.bootS - first.bootS - history.windowSeconds;
  const lateOnRecordS = record === undefined ? lateS : last.bootS - record.deadline;
  told.lateS = Math.max(lateS, lateOnRecordS);
  told.stalled = stage.values.stalled(Math.max(startedS, first.bootS), last.bootS + 1);
  if (told.lateS > LATE_S_MAX)
    wrong(`in force ${told.lateS.toFixed(2)} s beyond the window, and nobody had confirmed it`);
};

/** What the bot recorded, and so told people, though the kernel had another value at that time or afterwards. */
const untrue = (events: readonly ChangeEvent[], seen: readonly Seen[]): string[] => {
  const found: string[] = [];
  for (const event of events) {
    if (!('atMs' in event)) continue;
    const later = seen.filter(({ wallMs }) => wallMs > event.atMs);
    const until = seen.filter(({ wallMs }) => wallMs <= event.atMs + 50);
    const now = new Map(until.map(({ key, value }) => [key, value]));
    const has = (wanted: Readonly<Record<string, string>>): boolean =>
      KEYS.every((key) => (now.get(key) ?? FROM[key]) === wanted[key]);
    if (['reverted', 'failed', 'went-stale', 'expired', 'denied'].includes(event.type)) {
      if (!has(FROM)) found.push(`said ${event.type} while ${JSON.stringify([...now])} was in force`);
      if (later.some(({ key, value }) => value === TO[key])) found.push(`came into force after ${event.type} was said`);
    }
    if (event.type === 'applied' && !until.some(({ key, value }) => value === TO[key]))
      found.push('said to be in force before it was');
    if (event.type === 'confirmed') {
      if (!has(TO)) found.push(`said confirmed while ${JSON.stringify([...now])} was in force`);
      if (later.some(({ key, value }) => value === FROM[key])) found.push('was taken back after confirmed was said');
    }
  }
  return found;
};
