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
import { isOpen, nextOnGrid, observe, type Sweep, withoutHosts } from '../core/sweep.js';
import type { Chat } from '../ports/chat.js';
import type { Clock } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import type { DueDraft, Store } from '../ports/store.js';
import type { Fleets } from './fleet.js';
import { HOSTS_AT_ONCE, wallClockMs } from './fleet-run.js';
import type { Investigations } from './investigate.js';
import { SweepAlerts } from './sweep-alerts.js';
import { makeSweepDesk } from './sweep-desk.js';
import { lookAt } from './sweep-look.js';
import { SweepRecords } from './sweep-records.js';

const HOSTS_MAX = 2_000;
/** the transport closes a connection that nobody used for so long: beyond it there is nothing to keep open */
const KEPT_OPEN_SECONDS_MAX = 300;
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
  private readonly running = new Map<string, Promise<void>>();
  private readonly records: SweepRecords;
  private readonly alerts: SweepAlerts;
  private keptOpen: ReadonlySet<string> = new Set();
  private stopped = false;

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
    await store.due.schedule([
      ...sweeps().map((sweep) => dueOf(sweep, nowMs)),
      ...(names.size > 0
        ? [{ id: 'sweep:thin', kind: 'sweep-thin', subject: 'thin', atMs: nextOnGrid(nowMs, 3_600) }]
        : []),
    ]);
  }

  /**
   * Begins a round and returns: what is due beside it (a change to be settled) does not wait for hosts. The next round is in the
   * store before this one begins, and so is this one once more, should it never come to its end.
   */
  async due({ kind, subject }: DueDraft): Promise<void> {
    const { store, clock, log } = this.parts;
    const nowMs = clock.now();
    if (kind === 'sweep-thin') {
      await store.due.schedule([{ id: 'sweep:thin', kind, subject, atMs: nextOnGrid(nowMs, 3_600) }]);
      const count = await store.samples.thin(nowMs);
      if (count > 0) log.info({ count }, 'old samples were thinned');
      return;
    }
    const sweep = this.parts.sweeps().find(({ name }) => name === subject);
    if (sweep === undefined) return;
    const next = dueOf(sweep, nowMs);
    const again = againOf(sweep, nowMs + wallClockMs(this.hostsOf(sweep), HOSTS_AT_ONCE) + LOST_AFTER_MS);
    // Where the next round comes first, that one is as good.
    const drafts = again.atMs < next.atMs ? [next, again] : [next];
    await store.due.schedule(drafts);
    // A round that takes longer than its interval is not begun again beside itself.
    if (this.stopped || this.running.has(sweep.name)) return;
    if (kind === 'sweep-again')
      log.info({ action: 'sweep', detail: sweep.name }, 'a round that was cut off is done again');
    const round = this.round(sweep)
      .then(async (whole) => {
        if (whole && drafts.includes(again)) await store.due.done(again);
      })
      .catch((error: unknown) => {
        log.error({ action: 'sweep', detail: sweep.name, err: error }, 'a sweep failed; the next one is scheduled');
      });
    this.running.set(sweep.name, round);
    void round.finally(() => this.running.delete(sweep.name));
  }

  /** Waits for what is under way. */
  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.running.values());
  }

  /** For one caller. */
  at(caller: Caller, maySee: (host: Host) => boolean): SweepDesk {
    const { records, alerts } = this;
    return makeSweepDesk({ ...this.parts, records, alerts, hostsOf: (sweep) => this.hostsOf(sweep) }, caller, maySee);
  }

  private hostsOf(sweep: Sweep): readonly Host[] {
    return resolveSelector(sweep.selector, this.parts.inventory()).hosts.slice(0, HOSTS_MAX);
  }

  /** @returns false where the program stopped meanwhile: it says nothing of the hosts */
  private async round(sweep: Sweep): Promise<boolean> {
    const { clock, fleets, investigations, store, log, rules } = this.parts;
    const hosts = this.hostsOf(sweep);
    const atMs = clock.now();
    investigations.keepOpen(`sweep ${sweep.name}`, sweep.everySeconds <= KEPT_OPEN_SECONDS_MAX ? hosts : []);
    const answers = await fleets.each(hosts, (investigated) =>
      lookAt(investigated, { sweep, atMs, rules, thresholds: this.parts.thresholds(investigated.host) }),
    );
    if (this.stopped) return false;
    await store.samples.add([...answers.values()].map(({ sample }) => sample));
    const answered = new Map(
      [...answers].flatMap(([host, { causes }]) => (causes === undefined ? [] : [[host, causes] as const])),
    );
    const keep = new Set(hosts.map(({ name }) => name));
    const silent = [...keep].filter((name) => !answered.has(name));
    log.info({ action: 'sweep', detail: sweep.name, count: answered.size, tookMs: clock.now() - atMs }, 'swept');
    const { changed, state } = await this.records.change(sweep.name, (before) => {
      const { state: after, news } = observe(withoutHosts(before, keep), { atMs, answered, silent }, sweep);
      return { state: after, changed: news.map(({ cause }) => cause) };
    });
    const overdue = Object.values(state.alerts).filter(
      (alert) => isOpen(alert) && alert.posted === undefined && (alert.silencedUntilMs ?? 0) <= atMs,
    );
    const samples = new Map([...answers].map(([host, { sample }]) => [host, sample]));
    for (const cause of new Set([...changed, ...overdue.map((alert) => alert.cause)]))
      await this.alerts.say(sweep, cause, samples);
    return true;
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
