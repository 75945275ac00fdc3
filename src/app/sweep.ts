/**
 * Measures groups on a schedule, keeps samples, and says once per cause what appeared and what cleared. What is due, what is known
 * and what was said are in the store: a restart loses at most one round, and of several processes one does each round.
 */
import { alertId, alertMessage, type SweepShown } from '../blocks/sweep.js';
import { verdictOf } from '../blocks/verdict.js';
import type { Investigated } from '../command.js';
import type { SweepDesk } from '../command-sweeps.js';
import { diagnose } from '../core/diagnose.js';
import { numbersOf } from '../core/fleet-numbers.js';
import type { Host, Inventory } from '../core/inventory.js';
import type { Rule, Thresholds } from '../core/rule.js';
import { resolveSelector } from '../core/selector.js';
import {
  type Alert,
  emptyState,
  hostsOf,
  isOpen,
  NO_ANSWER,
  nextOnGrid,
  observe,
  type Sweep,
  type SweepState,
  withoutHosts,
} from '../core/sweep.js';
import { againstYesterday } from '../core/trend.js';
import type { Chat } from '../ports/chat.js';
import type { Clock } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import { type DueDraft, type Sample, type Store, StoreFailure } from '../ports/store.js';
import type { Fleets } from './fleet.js';

const KIND = 'sweep';
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const HOSTS_MAX = 2_000;
const TRIES = 5;

export interface SweepsParts {
  store: Pick<Store, 'documents' | 'due' | 'samples'>;
  chat: Pick<Chat, 'post' | 'update'>;
  clock: Clock;
  log: Log;
  fleets: Pick<Fleets, 'each'>;
  rules: ReadonlyMap<string, Rule>;
  thresholds: (host: Host) => Thresholds;
  inventory: () => Inventory;
  sweeps: () => readonly Sweep[];
}

interface Seen {
  sample: Sample;
  /** causes; undefined: the host gave no answer */
  causes?: readonly string[];
}

export class Sweeps {
  private readonly running = new Map<string, Promise<void>>();
  private stopped = false;

  constructor(private readonly parts: SweepsParts) {}

  /** Also after sweeps changed. Times are on a grid, so that scheduling again moves nothing. */
  async start(): Promise<void> {
    const { store, clock, sweeps } = this.parts;
    const nowMs = clock.now();
    await store.due.schedule([
      ...sweeps().map((sweep) => this.dueOf(sweep, nowMs)),
      ...(sweeps().length > 0
        ? [{ id: 'sweep:thin', kind: 'sweep-thin', subject: 'thin', atMs: nextOnGrid(nowMs, 3_600) }]
        : []),
    ]);
  }

  /**
   * Begins a round and returns: what is due beside it (a change to be settled) does not wait for hosts. The next round is in the
   * store before this one begins.
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
    await store.due.schedule([this.dueOf(sweep, nowMs)]);
    // A round that takes longer than its interval is not begun again beside itself.
    if (this.stopped || this.running.has(sweep.name)) return;
    const round = this.round(sweep).catch((error: unknown) => {
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
  at(caller: { userId: string }, maySee: (host: Host) => boolean): SweepDesk {
    const { store, clock, inventory } = this.parts;
    const seen = (names: readonly string[]): readonly string[] =>
      names.filter((name) => {
        const host = inventory().hosts.get(name);
        return host !== undefined && maySee(host);
      });
    return {
      samples: (host, fromMs, toMs) =>
        maySee(host) ? store.samples.read(host.name, fromMs, toMs) : Promise.resolve([]),
      list: async () => {
        const nowMs = clock.now();
        const states = new Map(
          (await store.documents.list<SweepState>(KIND)).map(({ id, value }) => [id, value] as const),
        );
        return this.parts.sweeps().flatMap((sweep): SweepShown[] => {
          const hosts = this.hostsOf(sweep);
          if (hosts.length > 0 && !hosts.some(maySee)) return [];
          const state = states.get(sweep.name);
          return [
            {
              name: sweep.name,
              hosts: sweep.hosts,
              everySeconds: sweep.everySeconds,
              channel: sweep.channel,
              nextMs: nextOnGrid(nowMs, sweep.everySeconds),
              ...(state === undefined || state.atMs === 0
                ? {}
                : { last: { atMs: state.atMs, answered: state.answered, asked: state.asked } }),
              open: Object.values(state?.alerts ?? {})
                .map((alert) => ({ alert, hosts: seen(hostsOf(alert)) }))
                .filter((it) => it.hosts.length > 0)
                .map(({ alert, hosts: names }) => ({
                  cause: alert.cause,
                  hosts: names,
                  sinceMs: alert.raisedAtMs,
                  ...(alert.acknowledged === undefined ? {} : { acknowledgedBy: alert.acknowledged.by }),
                  ...((alert.silencedUntilMs ?? 0) > nowMs ? { silencedUntilMs: alert.silencedUntilMs } : {}),
                })),
            },
          ];
        });
      },
      acknowledge: (id) =>
        this.mark(id, maySee, (alert) =>
          alert.acknowledged === undefined
            ? { ...alert, acknowledged: { by: caller.userId, atMs: clock.now() } }
            : 'already',
        ),
      silence: async (id, minutes) => {
        const how = await this.mark(id, maySee, (alert) => ({
          ...alert,
          silencedUntilMs: clock.now() + minutes * 60_000,
        }));
        return how === 'gone' ? 'gone' : 'done';
      },
    };
  }

  private dueOf(sweep: Sweep, nowMs: number): DueDraft {
    return { id: `sweep:${sweep.name}`, kind: KIND, subject: sweep.name, atMs: nextOnGrid(nowMs, sweep.everySeconds) };
  }

  private hostsOf(sweep: Sweep): readonly Host[] {
    return resolveSelector(sweep.selector, this.parts.inventory()).hosts.slice(0, HOSTS_MAX);
  }

  private async round(sweep: Sweep): Promise<void> {
    const { clock, fleets, store, log } = this.parts;
    const hosts = this.hostsOf(sweep);
    const atMs = clock.now();
    const answers = await fleets.each(hosts, (investigated) => this.look(investigated, sweep, atMs));
    if (this.stopped) return;
    await store.samples.add([...answers.values()].map(({ sample }) => sample));
    const answered = new Map(
      [...answers].flatMap(([host, { causes }]) => (causes === undefined ? [] : [[host, causes] as const])),
    );
    const silent = hosts.map(({ name }) => name).filter((name) => !answered.has(name));
    const keep = new Set(hosts.map(({ name }) => name));
    log.info({ action: 'sweep', detail: sweep.name, count: answered.size, tookMs: clock.now() - atMs }, 'swept');
    const { changed, state } = await this.change(sweep.name, (before) => {
      const { state: next, news } = observe(withoutHosts(before, keep), { atMs, answered, silent }, sweep);
      return { state: next, changed: news.map(({ cause }) => cause) };
    });
    const overdue = Object.values(state.alerts).filter(
      (alert) => isOpen(alert) && alert.posted === undefined && (alert.silencedUntilMs ?? 0) <= atMs,
    );
    for (const cause of new Set([...changed, ...overdue.map((alert) => alert.cause)]))
      await this.say(sweep, cause, new Map([...answers].map(([host, { sample }]) => [host, sample])));
  }

  private look(investigated: Investigated, sweep: Sweep, atMs: number): Seen {
    const { host } = investigated;
    if (investigated.status === 'failed')
      return { sample: { host: host.name, atMs, numbers: {}, findings: [NO_ANSWER] } };
    const { snapshot, previous } = investigated;
    const own = Object.keys(sweep.thresholds).length > 0;
    const diagnosis = own
      ? diagnose({
          snapshot,
          ...(previous === undefined ? {} : { previous }),
          thresholds: { ...this.parts.thresholds(host), ...sweep.thresholds },
          rules: this.parts.rules,
        })
      : investigated.diagnosis;
    const { causes } = verdictOf(diagnosis, this.parts.rules);
    const ids = [...new Set(causes.map(({ id }) => id))];
    const wrong = diagnosis.findings.filter(({ status, severity }) => status === 'present' && severity !== 'info');
    return {
      causes: ids,
      sample: {
        host: host.name,
        atMs,
        numbers: numbersOf(snapshot, previous),
        findings: [...new Set(wrong.map(({ id }) => id))],
      },
    };
  }

  /** Posts an alert, or brings the message that stands up to date. */
  private async say(sweep: Sweep, cause: string, samples: ReadonlyMap<string, Sample>): Promise<void> {
    const { chat, clock, log, store } = this.parts;
    const alert = (await store.documents.get<SweepState>(KIND, sweep.name))?.value.alerts[cause];
    if (alert === undefined) return;
    const nowMs = clock.now();
    const message = alertMessage({
      sweep,
      alert,
      rules: this.parts.rules,
      nowMs,
      yesterday: isOpen(alert) ? await this.yesterday(hostsOf(alert).slice(0, 3), samples, nowMs) : [],
    });
    try {
      if (alert.posted !== undefined) {
        await chat.update(alert.posted, message);
        // An edit notifies nobody: that it is over is said below it.
        if (!isOpen(alert)) await chat.post({ channel: alert.posted.channel, threadTs: alert.posted.ts }, message);
        return;
      }
      // Silenced, or over before it was ever said.
      if (!isOpen(alert) || (alert.silencedUntilMs ?? 0) > nowMs) return;
      const posted = await chat.post({ channel: sweep.channel }, message);
      await this.change(sweep.name, (state) => ({
        state: this.withAlert(state, cause, alert.raisedAtMs, (it) => ({ ...it, posted })),
        changed: [],
      }));
    } catch (error) {
      log.warn(
        { action: 'sweep', channel: sweep.channel, detail: sweep.name, err: error },
        'an alert could not be told',
      );
    }
  }

  private async yesterday(hosts: readonly string[], samples: ReadonlyMap<string, Sample>, nowMs: number) {
    const { store } = this.parts;
    const told = await Promise.all(
      hosts.map(async (host) => {
        const before = await store.samples.read(host, nowMs - DAY_MS - HOUR_MS / 2, nowMs - DAY_MS + HOUR_MS / 2);
        return againstYesterday(samples.get(host)?.numbers ?? {}, before)
          .slice(0, 1)
          .map((it) => ({ host, ...it }));
      }),
    );
    return told.flat();
  }

  private withAlert(state: SweepState, cause: string, raisedAtMs: number, change: (alert: Alert) => Alert): SweepState {
    const alert = state.alerts[cause];
    if (alert === undefined || alert.raisedAtMs !== raisedAtMs) return state;
    return { ...state, alerts: { ...state.alerts, [cause]: change(alert) } };
  }

  /** Compare and set; whoever was quicker is read first. */
  private async change<T extends { state: SweepState; changed: readonly string[] }>(
    name: string,
    change: (state: SweepState) => T,
  ): Promise<T> {
    const { documents } = this.parts.store;
    for (let tries = 1; ; tries++) {
      const stored = await documents.get<SweepState>(KIND, name);
      const next = change(stored?.value ?? emptyState);
      try {
        await documents.put(KIND, name, next.state, stored?.version ?? 0);
        return next;
      } catch (error) {
        if (!(error instanceof StoreFailure) || error.problem !== 'conflict' || tries >= TRIES) throw error;
      }
    }
  }

  private async mark(
    id: string,
    maySee: (host: Host) => boolean,
    change: (alert: Alert) => Alert | 'already',
  ): Promise<'done' | 'already' | 'gone'> {
    const [name = '', cause = '', raised = ''] = id.split('/');
    const sweep = this.parts.sweeps().find((it) => it.name === name);
    if (sweep === undefined || !this.hostsOf(sweep).some(maySee)) return 'gone';
    const { how } = await this.change(
      name,
      (state): { state: SweepState; changed: []; how: 'done' | 'already' | 'gone' } => {
        const alert = state.alerts[cause];
        if (alert === undefined || !isOpen(alert) || alertId(name, alert) !== `${name}/${cause}/${raised}`)
          return { state, changed: [], how: 'gone' };
        const marked = change(alert);
        return marked === 'already'
          ? { state, changed: [], how: 'already' }
          : { state: { ...state, alerts: { ...state.alerts, [cause]: marked } }, changed: [], how: 'done' };
      },
    );
    if (how === 'done') await this.say(sweep, cause, new Map());
    return how;
  }
}
