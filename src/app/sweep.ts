/**
 * Measures groups on a schedule, keeps samples, and says once per cause what appeared and what cleared. What is due, what is known
 * and what was said are in the store: a round that the end of the program cuts off is done again, and of several processes one
 * does each round.
 */
import type { SweepDesk } from '../command/sweeps.js';
import type { Caller } from '../core/caller.js';
import type { Host, Inventory } from '../core/inventory.js';
import type { Rule, Thresholds } from '../core/rule.js';
import { resolveSelector } from '../core/selector.js';
import { behindIn, nextOnGrid, observe, type Sweep } from '../core/sweep.js';
import type { Chat } from '../ports/chat.js';
import type { Clock } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import type { DueDraft, Store } from '../ports/store.js';
import type { Fleets } from './fleet.js';
import { roomFor } from './fleet-places.js';
import { wallClockMs } from './fleet-run.js';
import type { Investigations } from './investigate.js';
import { SweepAlerts, toTell, toTellAgain } from './sweep-alerts.js';
import { makeSweepDesk, type Selected } from './sweep-desk.js';
import { lookAt } from './sweep-look.js';
import { SweepRecords } from './sweep-records.js';

const HOSTS_MAX = 2_000;
/** the transport closes a connection that nobody used for so long: beyond it there is nothing to keep open */
const KEPT_OPEN_SECONDS_MAX = 300;
/** beside rounds, whose names are words of small letters */
const THIN = 'thinning of old samples';
/** a round that has taken so much longer than it may is not under way any more, in whatever process it was */
const LOST_AFTER_MS = 30_000;

export interface SweepsParts {
  store: Pick<Store, 'documents' | 'due' | 'samples'>;
  chat: Pick<Chat, 'post' | 'update'>;
  clock: Clock;
  log: Log;
  fleets: Pick<Fleets, 'each'>;
  investigations: Pick<Investigations, 'keepOpen'>;
  rules: ReadonlyMap<string, Rule>;
  thresholds: (host: Host) => Thresholds;
  inventory: () => Inventory;
  sweeps: () => readonly Sweep[];
  /** who somebody is, for the audit log */
  actorOf: (caller: Caller) => string;
}

export class Sweeps {
  /** rounds by the name of their sweep, and thinning */
  private readonly running = new Map<string, Promise<void>>();
  /** what is in the store of each round that is under way, should it never come to its end */
  private readonly again = new Map<string, DueDraft>();
  private readonly records: SweepRecords;
  private readonly alerts: SweepAlerts;
  private keptOpen: ReadonlySet<string> = new Set();
  /** sweeps of which the log says that they are too large */
  private readonly cut = new Set<string>();
  private readonly stopping = new AbortController();

  constructor(private readonly parts: SweepsParts) {
    this.records = new SweepRecords(parts.store);
    this.alerts = new SweepAlerts({ ...parts, records: this.records });
  }

  /** Also after sweeps changed. Times are on a grid, so that scheduling again moves nothing. */
  async start(): Promise<void> {
    const { store, clock, sweeps, investigations } = this.parts;
    const nowMs = clock.now();
    const names = new Set(sweeps().map(({ name }) => name));
    for (const name of this.keptOpen) if (!names.has(name)) investigations.keepOpen(`sweep ${name}`, []);
    this.keptOpen = names;
    const gone = [...(await this.records.all()).keys()].filter((name) => !names.has(name));
    await store.due.schedule([
      ...sweeps().map((sweep) => dueOf(sweep, nowMs)),
      // Their alerts clear: nobody looks any more.
      ...gone.map((name) => toTell(name, nowMs)),
      thinOf(nowMs),
    ]);
  }

  /**
   * Begins a round and returns: what is due beside it (a change to be settled) does not wait for hosts. The next round is in the
   * store before this one begins, and so is this one once more, should it never come to its end.
   */
  async due({ kind, subject }: DueDraft): Promise<void> {
    const { store, clock } = this.parts;
    const nowMs = clock.now();
    if (kind === 'sweep-tell') return this.alerts.again(subject);
    if (kind === 'sweep-thin') {
      await store.due.schedule([thinOf(nowMs)]);
      this.begin(THIN, () => this.thin(nowMs), 'old samples were not thinned; it is tried again');
      return;
    }
    const sweep = this.named(subject);
    if (sweep === undefined) return;
    const next = dueOf(sweep, nowMs);
    const hosts = this.selected(sweep).hosts;
    const again = againOf(sweep, nowMs + wallClockMs(hosts, roomFor('sweep')) + LOST_AFTER_MS);
    // Where the next round comes first, that one is as good.
    const drafts = again.atMs < next.atMs ? [next, again] : [next];
    await store.due.schedule(drafts);
    if (drafts.includes(again)) this.again.set(sweep.name, again);
    // A round that takes longer than its interval is not begun again beside itself.
    const cutOff = kind === 'sweep-again';
    this.begin(sweep.name, () => this.wholeRound(sweep, cutOff), 'a sweep failed; the next one is scheduled');
  }

  /** From here on nothing that hosts do not say is held against them. Waits for what is under way. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.running.values());
    await this.alerts.finish();
  }

  /** For one caller. */
  at(caller: Caller, maySee: (host: Host) => boolean): SweepDesk {
    const { records, alerts } = this;
    return makeSweepDesk({ ...this.parts, records, alerts, selected: (sweep) => this.selected(sweep) }, caller, maySee);
  }

  private named(name: string): Sweep | undefined {
    return this.parts.sweeps().find((sweep) => sweep.name === name);
  }

  private selected(sweep: Sweep): Selected {
    const { hosts } = resolveSelector(sweep.selector, this.parts.inventory());
    return { hosts: hosts.slice(0, HOSTS_MAX), named: hosts.length };
  }

  private begin(what: string, work: () => Promise<void>, failed: string): void {
    if (this.stopping.signal.aborted || this.running.has(what)) return;
    const done = work()
      .catch((error: unknown) => this.parts.log.error({ action: 'sweep', detail: what, err: error }, failed))
      .finally(() => this.running.delete(what));
    this.running.set(what, done);
  }

  private async thin(nowMs: number): Promise<void> {
    const { store, log } = this.parts;
    const count = await store.samples.thin(nowMs, this.stopping.signal);
    if (count > 0) log.info({ count }, 'old samples were thinned');
  }

  private async wholeRound(sweep: Sweep, cutOff: boolean): Promise<void> {
    const { store, log } = this.parts;
    if (cutOff) log.info({ action: 'sweep', detail: sweep.name }, 'a round that was cut off is done again');
    const whole = await this.round(sweep);
    const again = this.again.get(sweep.name);
    this.again.delete(sweep.name);
    if (whole && again !== undefined) await store.due.done(again);
  }

  /** @returns false where the program stopped meanwhile, or the sweep is gone: it says nothing of the hosts */
  private async round(sweep: Sweep): Promise<boolean> {
    const { clock, fleets, investigations, store, log, rules } = this.parts;
    const { hosts, named } = this.selected(sweep);
    this.noteCut(sweep, hosts.length, named);
    const atMs = clock.now();
    investigations.keepOpen(`sweep ${sweep.name}`, sweep.everySeconds <= KEPT_OPEN_SECONDS_MAX ? hosts : []);
    const looks = await fleets.each(hosts, (investigated) =>
      lookAt(investigated, { sweep, atMs, rules, thresholds: this.parts.thresholds(investigated.host) }),
    );
    if (this.stopping.signal.aborted || this.named(sweep.name) === undefined) return false;
    const seen = [...looks].flatMap(([host, look]) => (look === undefined ? [] : [{ host, ...look }]));
    await store.samples.add(seen.map(({ sample }) => sample));
    const answered = new Map(
      seen.flatMap(({ host, causes }) => (causes === undefined ? [] : [[host, causes] as const])),
    );
    const silent = seen.filter(({ causes }) => causes === undefined).map(({ host }) => host);
    const about = { action: 'sweep', detail: sweep.name };
    log.info({ ...about, count: answered.size, tookMs: clock.now() - atMs }, 'swept');
    if (seen.length < hosts.length)
      log.warn(
        { ...about, count: hosts.length - seen.length },
        'hosts of a sweep had no turn: they are asked next time',
      );
    const { news, state } = await this.records.change(sweep.name, (before) => {
      const keep = new Set(hosts.map(({ name }) => name));
      const { state, news } = observe(before, { atMs, answered, silent }, sweep, keep);
      return { state, news, due: behindIn(state, atMs).length > 0 ? [toTellAgain(sweep.name, atMs)] : [] };
    });
    for (const { cause, kind } of news) log.info({ ...about, rule: cause, status: kind }, 'an alert moved');
    this.alerts.sayAll(sweep.name, state);
    return true;
  }

  /** Said once, and again after it was whole meanwhile. */
  private noteCut({ name }: Sweep, measured: number, named: number): void {
    if (measured === named) this.cut.delete(name);
    else if (!this.cut.has(name)) {
      this.cut.add(name);
      this.parts.log.warn(
        { action: 'sweep', detail: name, count: named - measured },
        `a sweep measures ${HOSTS_MAX} hosts at most; the others that it names are not looked at`,
      );
    }
  }
}

const dueOf = (sweep: Sweep, nowMs: number): DueDraft => ({
  id: `sweep:${sweep.name}`,
  kind: 'sweep',
  subject: sweep.name,
  atMs: nextOnGrid(nowMs, sweep.everySeconds),
});
const againOf = (sweep: Sweep, atMs: number): DueDraft => ({
  id: `sweep-again:${sweep.name}`,
  kind: 'sweep-again',
  subject: sweep.name,
  atMs,
});
const thinOf = (nowMs: number): DueDraft => ({
  // A sweep may be called “thin”.
  id: 'samples:thin',
  kind: 'sweep-thin',
  subject: 'thin',
  atMs: nextOnGrid(nowMs, 3_600),
});
