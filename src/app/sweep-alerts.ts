/** Tells what a sweep found: one message for each cause, kept current; people acknowledge it and silence it. */
import { alertId, alertMessage } from '../blocks/sweep.js';
import type { AuditDraft } from '../core/audit.js';
import type { Rule } from '../core/rule.js';
import { type Alert, hostsOf, isOpen, type Sweep } from '../core/sweep.js';
import { againstYesterday } from '../core/trend.js';
import type { Chat } from '../ports/chat.js';
import type { Clock } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import type { Sample, Store } from '../ports/store.js';
import { type SweepRecords, withAlert } from './sweep-records.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** hosts of an alert that are compared with the day before */
const COMPARED = 3;
const HOSTS_NOTED = 100;

export interface SweepAlertsParts {
  store: Pick<Store, 'samples'>;
  records: SweepRecords;
  chat: Pick<Chat, 'post' | 'update'>;
  clock: Clock;
  log: Log;
  rules: ReadonlyMap<string, Rule>;
}

/** What a person does to an alert. */
export interface AlertMark {
  /** `alert.acknowledged`, `alert.silenced` */
  kind: string;
  what: string;
  /** `already`: somebody was first */
  change: (alert: Alert) => Alert | 'already';
}

export class SweepAlerts {
  constructor(private readonly parts: SweepAlertsParts) {}

  /**
   * Posts an alert, or brings the message that stands up to date.
   * @param samples of the round that led to this, where one did
   */
  async say(sweep: Sweep, cause: string, samples: ReadonlyMap<string, Sample> = new Map()): Promise<void> {
    const { chat, clock, log, records } = this.parts;
    const alert = (await records.of(sweep.name)).alerts[cause];
    if (alert === undefined) return;
    const nowMs = clock.now();
    const message = alertMessage({
      sweep,
      alert,
      rules: this.parts.rules,
      nowMs,
      yesterday: isOpen(alert) ? await this.yesterday(sweep, hostsOf(alert).slice(0, COMPARED), samples, nowMs) : [],
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
      await records.change(sweep.name, (state) => ({ state: withAlert(state, alert, (it) => ({ ...it, posted })) }));
    } catch (error) {
      log.warn(
        { action: 'sweep', channel: sweep.channel, detail: sweep.name, err: error },
        'an alert could not be told',
      );
    }
  }

  /**
   * A person's word on an alert, written with its entry in the audit log, all or nothing.
   * @param id as the alert's buttons carry it
   */
  async mark(
    sweep: Sweep,
    id: string,
    { kind, what, change }: AlertMark,
    by: Pick<AuditDraft, 'actor' | 'channel'>,
  ): Promise<'done' | 'already' | 'gone'> {
    const [, cause = ''] = id.split('/');
    const { how } = await this.parts.records.change(sweep.name, (state) => {
      const alert = state.alerts[cause];
      if (alert === undefined || !isOpen(alert) || alertId(sweep.name, alert) !== id) return { how: 'gone' as const };
      const marked = change(alert);
      if (marked === 'already') return { how: 'already' as const };
      const hosts = hostsOf(alert);
      const [only] = hosts;
      const entry: AuditDraft = {
        ...by,
        atMs: this.parts.clock.now(),
        kind,
        ...(hosts.length === 1 && only !== undefined ? { host: only } : {}),
        data: { what, sweep: sweep.name, cause, raisedAtMs: alert.raisedAtMs, hosts: hosts.slice(0, HOSTS_NOTED) },
      };
      return { how: 'done' as const, state: withAlert(state, alert, () => marked), audit: [entry] };
    });
    if (how === 'done') await this.say(sweep, cause);
    return how;
  }

  private async yesterday(sweep: Sweep, hosts: readonly string[], samples: ReadonlyMap<string, Sample>, nowMs: number) {
    const { store } = this.parts;
    const lately = nowMs - 2 * sweep.everySeconds * 1_000;
    const told = await Promise.all(
      hosts.map(async (host) => {
        const [before, kept] = await Promise.all([
          store.samples.read(host, nowMs - DAY_MS - HOUR_MS / 2, nowMs - DAY_MS + HOUR_MS / 2),
          samples.has(host) ? [] : store.samples.read(host, lately, nowMs + 1),
        ]);
        const now = samples.get(host) ?? kept.at(-1);
        return againstYesterday(now?.numbers ?? {}, before)
          .slice(0, 1)
          .map((it) => ({ host, ...it }));
      }),
    );
    return told.flat();
  }
}
