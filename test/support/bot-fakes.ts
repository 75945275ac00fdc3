/** Stand-ins for what the bot's app layer talks to: a clock that is moved by hand, a chat that remembers, hosts that answer as told. */
import type { Message, Modal } from '../../src/blocks/message.js';
import type { Caller, Person, Standing } from '../../src/core/caller.js';
import type { Host } from '../../src/core/inventory.js';
import type { Script } from '../../src/core/script.js';
import { type Chat, ChatError, type Place, type Posted } from '../../src/ports/chat.js';
import type { Clock, Ids } from '../../src/ports/clock.js';
import type { Log, LogFields } from '../../src/ports/log.js';
import type { PendingAnswer, PendingAnswers } from '../../src/ports/pending.js';
import type { GroupsNow, People } from '../../src/ports/people.js';
import type { Answer, AskOptions, CheckReport, Transport } from '../../src/ports/transport.js';

export { aHost, anInventory } from './hosts.js';

export const aCaller = (more: Partial<Caller> = {}): Caller => ({
  teamId: 'T1',
  userId: 'U1',
  channel: 'C1',
  ...more,
});

/** Time stands still until it is moved. */
export class HandClock implements Clock {
  private sleepers: { at: number; wake: () => void }[] = [];
  constructor(private ms = Date.UTC(2026, 10, 22, 12)) {}
  now(): number {
    return this.ms;
  }
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.sleepers.push({ at: this.ms + ms, wake: resolve });
      signal?.addEventListener('abort', () => resolve(), { once: true });
    });
  }
  async advance(ms: number): Promise<void> {
    this.ms += ms;
    const due = this.sleepers.filter(({ at }) => at <= this.ms);
    this.sleepers = this.sleepers.filter(({ at }) => at > this.ms);
    for (const { wake } of due) wake();
    await settled();
  }
}

/** Everything that can go on without time going on has gone on. */
export const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 8; turn++) await new Promise((resolve) => setTimeout(resolve, 6));
};

export const countingIds = (): Ids => {
  let last = 0;
  return { next: () => `id${String(++last).padStart(14, '0')}` };
};

export type Sent =
  | { how: 'post'; place: Place; message: Message; ts: string }
  | { how: 'update'; posted: Posted; message: Message }
  | { how: 'whisper'; user: string; place: Place; message: Message }
  | { how: 'replace'; responseUrl: string; message: Message }
  | { how: 'remove'; posted: Posted }
  | { how: 'upload'; place: Place; name: string; content: string | Uint8Array }
  | { how: 'modal'; triggerId: string; view: Modal }
  | { how: 'modal update'; viewId: string; view: Modal };

/** Remembers what was sent; `refuse` makes a way of sending fail. */
export class FakeChat implements Chat {
  readonly sent: Sent[] = [];
  private readonly refusals = new Map<string, ChatError>();
  private ts = 0;

  refuse(how: Sent['how'], problem: ChatError['problem'], code: string = problem): void {
    this.refusals.set(how, new ChatError(problem, code));
  }
  accept(how: Sent['how']): void {
    this.refusals.delete(how);
  }
  private send(sent: Sent): void {
    const refusal = this.refusals.get(sent.how);
    if (refusal !== undefined) throw refusal;
    this.sent.push(sent);
  }
  of<How extends Sent['how']>(how: How): Extract<Sent, { how: How }>[] {
    return this.sent.filter((it): it is Extract<Sent, { how: How }> => it.how === how);
  }
  /** what stands in each message now */
  standing(): Map<string, Message> {
    const now = new Map<string, Message>();
    for (const sent of this.sent) {
      if (sent.how === 'post') now.set(sent.ts, sent.message);
      if (sent.how === 'update') now.set(sent.posted.ts, sent.message);
    }
    return now;
  }
  async post(place: Place, message: Message): Promise<Posted> {
    const ts = `${++this.ts}.000001`;
    this.send({ how: 'post', place, message, ts });
    return { channel: place.channel, ts };
  }
  async update(posted: Posted, message: Message): Promise<void> {
    this.send({ how: 'update', posted, message });
  }
  async remove(posted: Posted): Promise<void> {
    this.send({ how: 'remove', posted });
  }
  async whisper(place: Place & { user: string }, message: Message): Promise<void> {
    this.send({ how: 'whisper', user: place.user, place, message });
  }
  async replace(responseUrl: string, message: Message): Promise<void> {
    this.send({ how: 'replace', responseUrl, message });
  }
  async upload(place: Place, file: { name: string; content: string | Uint8Array }): Promise<void> {
    this.send({ how: 'upload', place, name: file.name, content: file.content });
  }
  async openModal(triggerId: string, view: Modal): Promise<{ viewId: string; hash: string }> {
    this.send({ how: 'modal', triggerId, view });
    return { viewId: 'V1', hash: 'h1' };
  }
  async updateModal(opened: { viewId: string }, view: Modal): Promise<void> {
    this.send({ how: 'modal update', viewId: opened.viewId, view });
  }
  async publishHome(): Promise<void> {}
}

export class FakeTransport implements Transport {
  readonly asked: { host: string; script: Script['id']; keepOpen?: boolean }[] = [];
  readonly closed: string[] = [];
  answer: (host: Host, script: Script, options?: AskOptions) => Promise<Answer> = async () => said('nothing');
  report: CheckReport = { steps: [] };

  async ask(host: Host, script: Script, options?: AskOptions): Promise<Answer> {
    this.asked.push({
      host: host.name,
      script: script.id,
      ...(options?.keepOpen === undefined ? {} : { keepOpen: options.keepOpen }),
    });
    return this.answer(host, script, options);
  }
  closeKept(host: Host): void {
    this.closed.push(host.name);
  }
  async check(): Promise<CheckReport> {
    return this.report;
  }
  async scan(): Promise<{ keys: [] }> {
    return { keys: [] };
  }
  async gate(): Promise<never> {
    throw new Error('no gate here');
  }
  inventoryChanged(): void {}
  async close(): Promise<void> {}
}

export const said = (text: string): Answer => ({
  status: 'ok',
  transcript: { text, stderr: '', exitCode: 0, tookMs: 400, connectMs: 0, warm: true },
});

export const silent = (problem: 'refused' | 'connect-timed-out' = 'refused'): Answer => ({
  status: 'failed',
  failure: { problem, message: `The port refused the connection. Is sshd running there?` },
});

export class FakePeople implements People {
  standings = new Map<string, Standing>();
  shared: { shared: boolean } | { unknown: string } = { shared: false };
  async standing({ userId }: Person): Promise<Standing> {
    return this.standings.get(userId) ?? { kind: 'member' };
  }
  standingNow(person: Person): Promise<Standing> {
    return this.standing(person);
  }
  /** user ids by `team:usergroup` */
  groups: Record<string, string[]> = {};
  async groupsOf({ userId }: Person, groups: readonly string[]): Promise<readonly string[]> {
    return groups.filter((group) => this.groups[group]?.includes(userId));
  }
  async groupsNow(person: Person, groups: readonly string[]): Promise<GroupsNow> {
    return { in: await this.groupsOf(person, groups), unknown: [] };
  }
  async sharedOutside(): Promise<{ shared: boolean } | { unknown: string }> {
    return this.shared;
  }
}

export class MemoryPending implements PendingAnswers {
  readonly entries = new Map<string, PendingAnswer>();
  readonly settledIds: string[] = [];
  constructor(private readonly before: readonly PendingAnswer[] = []) {
    for (const answer of before) this.entries.set(answer.id, answer);
  }
  open(answer: PendingAnswer): void {
    this.entries.set(answer.id, answer);
  }
  posted(id: string, posted: Posted): void {
    const entry = this.entries.get(id);
    if (entry !== undefined) this.entries.set(id, { ...entry, posted });
  }
  settle(id: string): void {
    if (this.entries.delete(id)) this.settledIds.push(id);
  }
  unsettled(): readonly PendingAnswer[] {
    return this.before;
  }
  recentIds(): readonly string[] {
    return [...this.entries.keys()];
  }
  close(): void {}
}

export interface Logged {
  level: 'debug' | 'info' | 'warn' | 'error';
  fields: LogFields;
  what: string;
}

/** Keeps what was logged in `lines`. */
export const keepingLog = (): { log: Log; lines: Logged[] } => {
  const lines: Logged[] = [];
  const make = (fixed: LogFields): Log => {
    const write =
      (level: Logged['level']) =>
      (fields: LogFields, what: string): void => {
        lines.push({ level, fields: { ...fixed, ...fields }, what });
      };
    return {
      debug: write('debug'),
      info: write('info'),
      warn: write('warn'),
      error: write('error'),
      with: (more) => make({ ...fixed, ...more }),
    };
  };
  return { log: make({}), lines };
};

/** Every word of a message, as a person would read it. */
export const wordsOf = (message: unknown): string => {
  const found: string[] = [];
  const walk = (value: unknown, key: string): void => {
    if (typeof value === 'string') {
      if (['text', 'fallback', 'title', 'caption', 'label'].includes(key)) found.push(value);
    } else if (Array.isArray(value)) for (const item of value) walk(item, key);
    else if (typeof value === 'object' && value !== null)
      for (const [name, inner] of Object.entries(value)) walk(inner, name);
  };
  walk(message, '');
  return found.join('\n');
};

/** Action ids and values of a message's buttons. */
export const buttonsOf = (message: unknown): Map<string, string> => {
  const found = new Map<string, string>();
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) for (const item of value) walk(item);
    else if (typeof value === 'object' && value !== null) {
      const { action_id: id, value: said } = value as { action_id?: unknown; value?: unknown };
      if (typeof id === 'string') found.set(id, typeof said === 'string' ? said : '');
      for (const inner of Object.values(value)) walk(inner);
    }
  };
  walk(message);
  return found;
};
