/**
 * Keeps watched hosts' messages current. A watch is a document, its next look is due in the store: both survive the program,
 * and any process may go on. All watches on one host share its measurements.
 */
import { headlineOf } from '../blocks/sentences/index.js';
import { verdictOf } from '../blocks/verdict.js';
import { watchLostMessage, watchMessage } from '../blocks/watch.js';
import type { WatchDesk } from '../command/watch.js';
import type { Investigated } from '../command.js';
import type { Caller } from '../core/caller.js';
import { personKey } from '../core/caller.js';
import type { Host, Inventory } from '../core/inventory.js';
import type { Rule } from '../core/rule.js';
import { measuresIn } from '../core/trend-measures.js';
import { beginWatch, countsOf, observe, WATCH_LIMITS, type Watch, type WatchLook } from '../core/watch.js';
import { type Chat, ChatError } from '../ports/chat.js';
import type { Clock, Ids } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import { type DueDraft, type Sample, type Store, StoreFailure } from '../ports/store.js';
import { saysNothing } from './investigate.js';
import { sampleOf } from './samples-kept.js';
import type { WatchRight } from './watch-right.js';

export interface WatchesParts {
  store: Pick<Store, 'documents' | 'due' | 'samples' | 'audit'>;
  chat: Chat;
  clock: Clock;
  ids: Ids;
  log: Log;
  rules: ReadonlyMap<string, Rule>;
  inventory: () => Inventory;
  /** people who ask at the same time share one measurement; the host is left alone when nobody wants it any more */
  investigate: (host: Host, cancelled?: AbortSignal) => Promise<Investigated>;
  /** all hosts that are watched now: they are asked again and again */
  keepOpen: (hosts: readonly Host[]) => void;
  /** whether it may still be shown: policy, accounts and channels change meanwhile */
  right: (watch: Watch, host: Host) => Promise<WatchRight>;
}

const KIND = 'watch';
const TRIES = 5;
/** the message is out of reach for good; anything else may pass */
const LOST: Readonly<Partial<Record<ChatError['problem'], string>>> = {
  archived: 'its channel was archived.',
  'not-in-channel': 'the bot was removed from the channel.',
  'message-gone': 'its message was deleted.',
  'not-allowed': 'the workspace no longer lets the bot write there.',
};

export class Watches {
  /** hosts that are being looked at now */
  private readonly looking = new Map<string, { done: Promise<void>; end: AbortController }>();

  constructor(private readonly parts: WatchesParts) {}

  deskFor(caller: Caller): WatchDesk {
    return {
      refusal: (host) => this.refusal(caller, host),
      look: async (host, durationMs, cancelled) => {
        const { clock, ids, investigate } = this.parts;
        const startedMs = clock.now();
        const { look, sample } = this.lookOf(await investigate(host, cancelled));
        // Nobody waits for it: the first word of a watch is wanted at once.
        void this.keep(sample);
        const { teamId, userId } = caller;
        const about = { id: ids.next(), host: host.name, posted: { channel: '', ts: '' }, by: { teamId, userId } };
        return beginWatch({ ...about, startedMs, endsMs: startedMs + durationMs }, look);
      },
      begin: (watch, posted) => this.begin({ ...watch, posted }),
      stop: (id) => this.stop(id, caller),
    };
  }

  /** What is due for a host: returns at once, the look goes on beside it. */
  async due({ kind, subject }: DueDraft): Promise<void> {
    if (kind !== 'watch-host') return;
    const mine = await this.on(subject);
    if (mine.length === 0) return;
    // First the next look, then this one: whatever becomes of it, the watch goes on.
    await this.schedule(
      subject,
      mine.map(({ value }) => value),
    );
    if (this.looking.has(subject)) return;
    const end = new AbortController();
    const done = this.lookAt(subject, end.signal)
      .catch((error: unknown) =>
        this.parts.log.error({ host: subject, err: error }, 'a watched host could not be looked at'),
      )
      .finally(() => this.looking.delete(subject));
    this.looking.set(subject, { done, end });
  }

  /** At the start: every watched host is looked at soon. @returns how many watches go on */
  async resume(): Promise<number> {
    const all = await this.parts.store.documents.list<Watch>(KIND);
    const hosts = [...new Set(all.map(({ value }) => value.host))];
    await this.keepOpen();
    const atMs = this.parts.clock.now() + 1_000;
    await this.parts.store.due.schedule(
      hosts.map((host) => ({ id: `watch:${host}`, kind: 'watch-host', subject: host, atMs })),
    );
    return all.length;
  }

  /** Waits for the looks that are under way. */
  async finish(): Promise<void> {
    await Promise.allSettled([...this.looking.values()].map(({ done }) => done));
  }

  private async refusal(caller: Caller, host: Host): Promise<string | undefined> {
    const all = (await this.parts.store.documents.list<Watch>(KIND)).map(({ value }) => value);
    const mine = all.filter(({ by }) => personKey(by) === personKey(caller));
    if (mine.length >= WATCH_LIMITS.perPerson)
      return `You have ${mine.length} hosts watched already (${mine.map((watch) => watch.host).join(', ')}), which is the most.`;
    if (all.filter((watch) => watch.host === host.name).length >= WATCH_LIMITS.perHost)
      return `It is watched in ${WATCH_LIMITS.perHost} places already, which is the most.`;
    if (all.length >= WATCH_LIMITS.inAll) return `${all.length} watches are under way, which is the most.`;
    return undefined;
  }

  private async begin(watch: Watch): Promise<void> {
    await this.parts.store.documents.put(KIND, watch.id, watch, 0);
    await this.schedule(watch.host, [watch]);
    await this.keepOpen();
    await this.note(
      watch,
      'watch.began',
      `is watched for ${Math.round((watch.endsMs - watch.startedMs) / 60_000)} min`,
    );
  }

  private async stop(id: string, caller: Caller): Promise<boolean> {
    const found = await this.parts.store.documents.get<Watch>(KIND, id);
    if (found === undefined) return false;
    const ended = await this.end(found.value, { why: 'stopped', by: caller.userId });
    // The question that is under way was for it alone: the host is left in peace.
    if (ended && (await this.on(found.value.host)).length === 0) this.looking.get(found.value.host)?.end.abort();
    return ended;
  }

  /** The earliest that any of the watches wants, never sooner than the host may be asked. */
  private async schedule(host: string, watches: readonly Watch[]): Promise<void> {
    const nowMs = this.parts.clock.now();
    const everyMs = Math.max(WATCH_LIMITS.everyMinMs, Math.min(...watches.map((watch) => watch.everyMs)));
    const atMs = Math.max(nowMs + 1_000, Math.min(nowMs + everyMs, ...watches.map(({ endsMs }) => endsMs)));
    await this.parts.store.due.schedule([{ id: `watch:${host}`, kind: 'watch-host', subject: host, atMs }]);
  }

  private async keepOpen(): Promise<void> {
    const hosts = this.parts.inventory().hosts;
    const watched = await this.parts.store.documents.list<Watch>(KIND);
    this.parts.keepOpen([...new Set(watched.map(({ value }) => value.host))].flatMap((name) => hosts.get(name) ?? []));
  }

  private async on(host: string) {
    return (await this.parts.store.documents.list<Watch>(KIND)).filter(({ value }) => value.host === host);
  }

  /** @returns the watches that may be shown; those that may not have ended, and those nobody knows of wait */
  private async allowed(host: Host): Promise<ReadonlySet<string>> {
    const mine = await this.on(host.name);
    const rights = await Promise.all(
      mine.map(async ({ value }) => ({ value, right: await this.parts.right(value, host) })),
    );
    const may = new Set<string>();
    for (const { value, right } of rights) {
      if (right.kind === 'may') may.add(value.id);
      else if (right.kind === 'may-not') await this.end(value, { why: 'not-allowed', note: right.why });
      else if (right.kind === 'lost') await this.end(value, { why: 'gone', note: LOST['not-in-channel'] ?? '' });
      else if (this.parts.clock.now() >= value.endsMs) await this.end(value, { why: 'over' });
      else this.parts.log.warn({ host: host.name }, 'whether a watch may go on could not be found out; it waits');
    }
    return may;
  }

  private async lookAt(name: string, cancelled: AbortSignal): Promise<void> {
    const { inventory, investigate } = this.parts;
    const host = inventory().hosts.get(name);
    if (host === undefined) {
      for (const { value } of await this.on(name)) await this.end(value, { why: 'unregistered' });
      return;
    }
    const may = await this.allowed(host);
    if (may.size === 0) return;
    const investigated = await investigate(host, cancelled);
    // The program stops, or nobody watches it any more: that says nothing of the host.
    if (investigated.status === 'failed' && saysNothing(investigated.failure)) return;
    const watches = await this.on(name);
    const { look, sample } = this.lookOf(
      investigated,
      watches.flatMap(({ value }) => value.measuredBy ?? []),
    );
    await this.keep(sample);
    await Promise.all(watches.filter(({ id }) => may.has(id)).map(({ value }) => this.show(value.id, look)));
  }

  /** Writes what was seen and shows it; a watch that ended meanwhile stays ended. */
  private async show(id: string, look: WatchLook): Promise<void> {
    const { chat, clock, log } = this.parts;
    const seen = await this.change(id, (watch) => observe(watch, look));
    if (seen === undefined) return;
    const { before, after } = seen;
    const last = after.events.at(-1);
    if (last !== undefined && last !== before.events.at(-1))
      await this.note(after, 'measurement', after.text, { verdict: after.text, came: last.came, went: last.went });
    if (clock.now() >= after.endsMs) {
      await this.end(after, { why: 'over' });
      return;
    }
    try {
      await chat.update(after.posted, watchMessage(after));
    } catch (error) {
      const lost = error instanceof ChatError ? LOST[error.problem] : undefined;
      if (lost !== undefined) await this.end(after, { why: 'gone', note: lost });
      else log.warn({ host: after.host, err: error }, 'a watch could not be shown; the next look shows it');
    }
  }

  /** @returns false where somebody else ended it */
  private async end(watch: Watch, how: Omit<NonNullable<Watch['ended']>, 'atMs'>): Promise<boolean> {
    const { chat, clock, log, store } = this.parts;
    // Who takes the document away ends it; everybody else finds none.
    const claimed = await this.change(watch.id, (now) => ({ ...now, ended: { atMs: clock.now(), ...how } }));
    if (claimed === undefined) return false;
    const { after } = claimed;
    await store.documents.delete(KIND, watch.id);
    await this.keepOpen();
    await this.note(after, 'watch.ended', `is no longer watched (${how.why})`);
    try {
      if (how.why !== 'gone') await chat.update(after.posted, watchMessage(after));
    } catch (error) {
      log.warn({ host: after.host, err: error }, 'the end of a watch could not be shown');
      if (error instanceof ChatError && LOST[error.problem] !== undefined)
        await this.tellLost(after, LOST[error.problem] ?? '');
    }
    if (how.why === 'gone') await this.tellLost(after, how.note ?? '');
    return true;
  }

  /** Nothing ends in silence: whoever had it watched is told in the direct message with the bot. */
  private async tellLost(watch: Watch, why: string): Promise<void> {
    await this.parts.chat
      .post({ channel: watch.by.userId }, watchLostMessage(watch, why))
      .catch((error: unknown) =>
        this.parts.log.warn({ host: watch.host, err: error }, 'nobody could be told that a watch has ended'),
      );
  }

  private async change(
    id: string,
    move: (watch: Watch) => Watch,
  ): Promise<{ before: Watch; after: Watch } | undefined> {
    const { documents } = this.parts.store;
    for (let tries = 0; tries < TRIES; tries++) {
      const found = await documents.get<Watch>(KIND, id);
      if (found === undefined || found.value.ended !== undefined) return undefined;
      const after = move(found.value);
      try {
        await documents.put(KIND, id, after, found.version);
        return { before: found.value, after };
      } catch (error) {
        if (!(error instanceof StoreFailure) || error.problem !== 'conflict') throw error;
      }
    }
    return undefined;
  }

  private async keep(sample: Sample | undefined): Promise<void> {
    if (sample === undefined) return;
    const { log, store } = this.parts;
    await store.samples
      .add([sample])
      .catch((error: unknown) => log.warn({ host: sample.host, err: error }, 'a sample could not be kept'));
  }

  /** @param measures by which findings were measured at earlier looks: told also when those are gone */
  private lookOf(investigated: Investigated, measures: readonly string[] = []): { look: WatchLook; sample?: Sample } {
    const atMs = this.parts.clock.now();
    if (investigated.status === 'failed') return { look: { atMs, failure: investigated.failure.message } };
    const { diagnosis, snapshot } = investigated;
    const verdict = verdictOf(diagnosis, this.parts.rules);
    const counts = countsOf(snapshot);
    const measured = measuresIn(investigated, measures);
    return {
      sample: sampleOf(investigated, measured),
      look: {
        atMs,
        line: verdict.line,
        level: verdict.level,
        findings: [...verdict.causes, ...verdict.effects].slice(0, 20).map((finding) => ({
          id: finding.id,
          severity: finding.severity,
          headline: headlineOf(finding, this.parts.rules),
          ...(finding.subject === undefined ? {} : { subject: finding.subject }),
        })),
        ...(counts === undefined ? {} : { counts }),
        numbers: Object.fromEntries(Object.entries(measured.numbers).filter(([name]) => counts?.[name] === undefined)),
        measuredBy: measured.by,
      },
    };
  }

  private async note(
    watch: Watch,
    kind: string,
    what: string,
    data: Readonly<Record<string, unknown>> = {},
  ): Promise<void> {
    const { clock, log, store } = this.parts;
    const { by, host, posted } = watch;
    await store.audit
      .append([
        {
          atMs: clock.now(),
          actor: kind === 'measurement' ? 'bot' : personKey(by),
          kind,
          host,
          channel: posted.channel,
          data: { what, ...data },
        },
      ])
      .catch((error: unknown) => log.error({ host, err: error }, 'a watch could not be noted in the audit log'));
  }
}
