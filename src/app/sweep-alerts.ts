/**
 * Tells what a sweep found: one message for each cause, kept current; people acknowledge it and silence it. What is to be told is
 * in the store with the state that it is about: nobody waits for Slack, and what could not be told is told later.
 */
import type { Message } from '../blocks/message.js';
import { alertId, alertMessage } from '../blocks/sweep.js';
import type { AuditDraft } from '../core/audit.js';
import type { Rule } from '../core/rule.js';
import {
  type Alert,
  behindIn,
  hostsOf,
  isOpen,
  type Sweep,
  type SweepState,
  toldOf,
  withdrawn,
} from '../core/sweep.js';
import { againstYesterday } from '../core/trend.js';
import { type Chat, ChatError, type Posted } from '../ports/chat.js';
import type { Clock } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import type { DueDraft, Store } from '../ports/store.js';
import { OneLookEach } from './one-look-each.js';
import { type SweepRecords, withAlert } from './sweep-records.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** hosts of an alert that are compared with the day before */
const COMPARED = 3;
const HOSTS_NOTED = 100;
/** the chat itself is patient for five minutes */
const TELL_AGAIN_MS = 10 * 60_000;

export interface SweepAlertsParts {
  store: Pick<Store, 'samples'>;
  records: SweepRecords;
  chat: Pick<Chat, 'post' | 'update'>;
  clock: Clock;
  log: Log;
  rules: ReadonlyMap<string, Rule>;
  sweeps: () => readonly Sweep[];
}

/** What a person does to an alert. */
export interface AlertMark {
  /** `alert.acknowledged`, `alert.silenced` */
  kind: string;
  what: string;
  /** `already`: somebody was first */
  change: (alert: Alert) => Alert | 'already';
}

/** What is not told by then is told once more; to be written with the state that it is about. */
export const toTell = (name: string, atMs: number): DueDraft => ({
  id: `sweep-tell:${name}`,
  kind: 'sweep-tell',
  subject: name,
  atMs,
});
export const toTellAgain = (name: string, nowMs: number): DueDraft => toTell(name, nowMs + TELL_AGAIN_MS);

export class SweepAlerts {
  /** One message at a time for each alert, with what holds when its turn comes: the newest stands last. */
  private readonly telling = new OneLookEach(async (id) => {
    const [name = '', cause = ''] = id.split('/');
    await this.tell(name, cause);
    return false;
  });

  constructor(private readonly parts: SweepAlertsParts) {}

  /** Posts an alert, or brings the message that stands up to date, where it is behind. Never rejects. */
  say(name: string, cause: string): Promise<void> {
    return this.telling.at(`${name}/${cause}`);
  }

  /** Begins to tell all that is behind. */
  sayAll(name: string, state: SweepState): void {
    for (const cause of behindIn(state, this.parts.clock.now())) void this.say(name, cause);
  }

  /** What is still behind is told once more. Of a sweep that is gone nothing stays open. */
  async again(name: string): Promise<void> {
    const { clock, records, sweeps } = this.parts;
    const nowMs = clock.now();
    const gone = !sweeps().some((sweep) => sweep.name === name);
    const { state } = await records.change(name, (before) => {
      const state = gone ? withdrawn(before, nowMs) : before;
      return behindIn(state, nowMs).length === 0 ? {} : { state, due: [toTellAgain(name, nowMs)] };
    });
    if (state !== undefined) this.sayAll(name, state);
    else if (gone) await records.forget(name);
  }

  /** Waits for what is being told. */
  finish(): Promise<void> {
    return this.telling.finish();
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
    const atMs = this.parts.clock.now();
    const { how } = await this.parts.records.change(sweep.name, (state) => {
      const alert = state.alerts[cause];
      if (alert === undefined || !isOpen(alert) || alertId(sweep.name, alert) !== id) return { how: 'gone' as const };
      const marked = change(alert);
      if (marked === 'already') return { how: 'already' as const };
      const hosts = hostsOf(alert);
      const [only] = hosts;
      const entry: AuditDraft = {
        ...by,
        atMs,
        kind,
        ...(hosts.length === 1 && only !== undefined ? { host: only } : {}),
        data: { what, sweep: sweep.name, cause, raisedAtMs: alert.raisedAtMs, hosts: hosts.slice(0, HOSTS_NOTED) },
      };
      return {
        how: 'done' as const,
        state: withAlert(state, alert, () => ({ ...marked, behindSinceMs: atMs })),
        audit: [entry],
        due: [toTellAgain(sweep.name, atMs)],
      };
    });
    if (how === 'done') await this.say(sweep.name, cause);
    return how;
  }

  private async tell(name: string, cause: string): Promise<void> {
    const { clock, log, records, rules, sweeps } = this.parts;
    try {
      const state = await records.of(name);
      const nowMs = clock.now();
      const alert = state.alerts[cause];
      if (alert === undefined || !behindIn(state, nowMs).includes(cause)) return;
      // One that is gone has nothing left to be posted anew.
      const sweep = sweeps().find((one) => one.name === name) ?? { name, hosts: '', channel: '', everySeconds: 0 };
      const yesterday = isOpen(alert) ? await this.yesterday(sweep, hostsOf(alert).slice(0, COMPARED), nowMs) : [];
      const posted = await this.put(sweep.channel, alert, alertMessage({ sweep, alert, rules, nowMs, yesterday }));
      await records.change(name, (now) => ({ state: withAlert(now, alert, (it) => toldOf(it, alert, posted)) }));
    } catch (error) {
      log.warn(
        { action: 'sweep', detail: name, rule: cause, err: error },
        'an alert could not be told; it is tried again',
      );
    }
  }

  /** @returns where it stands now; undefined: it was over before anybody was told */
  private async put(channel: string, alert: Alert, message: Message): Promise<Posted | undefined> {
    const { chat } = this.parts;
    const { posted } = alert;
    if (posted === undefined) return isOpen(alert) ? chat.post({ channel }, message) : undefined;
    try {
      await chat.update(posted, message);
    } catch (error) {
      if (!(error instanceof ChatError && error.problem === 'message-gone')) throw error;
      // Somebody deleted it: what it is about is still there, or must be known to be over.
      return chat.post({ channel: posted.channel }, message);
    }
    // An edit notifies nobody: that it is over is said below it.
    if (!isOpen(alert)) await chat.post({ channel: posted.channel, threadTs: posted.ts }, message);
    return posted;
  }

  private async yesterday(sweep: Pick<Sweep, 'everySeconds'>, hosts: readonly string[], nowMs: number) {
    const { store } = this.parts;
    // Slack may have kept it waiting since the round.
    const lately = nowMs - 2 * Math.max(sweep.everySeconds * 1_000, TELL_AGAIN_MS);
    const told = await Promise.all(
      hosts.map(async (host) => {
        const [before, now] = await Promise.all([
          store.samples.read(host, nowMs - DAY_MS - HOUR_MS / 2, nowMs - DAY_MS + HOUR_MS / 2),
          store.samples.read(host, lately, nowMs + 1),
        ]);
        return againstYesterday(now.at(-1)?.numbers ?? {}, before)
          .slice(0, 1)
          .map((it) => ({ host, ...it }));
      }),
    );
    return told.flat();
  }
}
