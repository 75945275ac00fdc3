/**
 * The change machinery of the bot in a process of its own, to be killed: the real life-cycle, message board, due loop, store and
 * SSH thread. Only Slack is a file, and measuring is not done: neither decides what becomes of a change. Its steps are counted
 * from outside, at the ports, and at one of them it may end by a real SIGKILL.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Changes } from '../../../src/app/changes.js';
import { DueLoop } from '../../../src/app/due.js';
import type { Message } from '../../../src/blocks/message.js';
import { readPolicy } from '../../../src/config/policy.js';
import type { Diagnosis } from '../../../src/core/finding.js';
import type { SysctlEntry } from '../../../src/core/sysctl.js';
import { entry as finTimeout } from '../../../src/core/sysctls/net.ipv4.tcp_fin_timeout.js';
import { entry as reuse } from '../../../src/core/sysctls/net.ipv4.tcp_tw_reuse.js';
import { LAB_POLICY } from '../../../src/lab/policy.js';
import type { Chat, Posted } from '../../../src/ports/chat.js';
import type { Log } from '../../../src/ports/log.js';
import type { Store } from '../../../src/ports/store.js';
import type { Transport } from '../../../src/ports/transport.js';
import { createTransport } from '../../../src/ssh/transport.js';
import { sha256 } from '../../../src/store/audit.js';
import { openStore } from '../../../src/store/open.js';
import type { FromBot, Looked, Order, Point, ToBot, ToDo } from './orders.js';

const order = JSON.parse(process.argv[2] ?? '') as Order;
const send = (message: FromBot): void => void process.send?.(message);
process.on('disconnect', () => process.exit(0));

// ---- steps
const counts = new Map<string, number>();
let begun = 0;
let open = 0;
let goOn = (): void => undefined;
const note = (text: string): void => appendFileSync(order.steps, `${text}\n`);
const die = (): void => {
  note('killed');
  process.kill(process.pid, 'SIGKILL');
};
const isAt = (point: Point | undefined, when: Point['when'], step: string): boolean =>
  point !== undefined && point.when === when && point.step === step;
const pause = (): Promise<void> =>
  new Promise((resolve) => {
    goOn = resolve;
    send({ paused: true });
  });
let total = 0;
const reached = async (when: 'before' | 'after', step: string): Promise<void> => {
  note(`${when} ${step}`);
  total++;
  if (isAt(order.kill, when, step) || order.kill?.step === `*#${total}`) die();
  if (isAt(order.pause, when, step)) await pause();
};
const counted = (name: string): string => {
  const count = (counts.get(name) ?? 0) + 1;
  counts.set(name, count);
  return `${name}#${count}`;
};
const step = async <T>(name: string, act: () => Promise<T>): Promise<T> => {
  const mine = counted(name);
  begun++;
  open++;
  try {
    await reached('before', mine);
    if (isAt(order.kill, 'during', mine)) setTimeout(die, order.kill?.ms ?? 0);
    const paused = isAt(order.pause, 'during', mine) ? setTimeout(() => void pause(), order.pause?.ms ?? 0) : undefined;
    const value = await act();
    clearTimeout(paused);
    await reached('after', mine);
    return value;
  } finally {
    open--;
  }
};
const suffix = (id: string): string => id.slice(id.indexOf(':') + 1);

// ---- the ports, with their steps counted
const counting = (store: Store): Store => ({
  ...store,
  changes: {
    ...store.changes,
    append: (append) =>
      step(`append:${append.events.map(({ type }) => type).join('+')}`, () => store.changes.append(append)),
  },
  audit: {
    ...store.audit,
    append: (drafts) => step(`audit:${drafts.map(({ kind }) => kind).join('+')}`, () => store.audit.append(drafts)),
  },
  due: {
    ...store.due,
    schedule: (drafts) =>
      step(`due.schedule:${drafts.map(({ id }) => suffix(id)).join('+')}`, () => store.due.schedule(drafts)),
    claim: async (...asked) => {
      const claimed = await store.due.claim(...asked);
      // Known only afterwards what it was; most are of nothing.
      if (claimed.length > 0)
        await reached('after', counted(`due.claim:${claimed.map(({ id }) => suffix(id)).join('+')}`));
      return claimed;
    },
    done: (due) => step(`due.done:${suffix(due.id)}`, () => store.due.done(due)),
  },
  documents: {
    ...store.documents,
    put: (kind, ...rest) => step(`documents.put:${kind}`, () => store.documents.put(kind, ...rest)),
    delete: (kind, id) => step(`documents.delete:${kind}`, () => store.documents.delete(kind, id)),
  },
});
const countingGate = (transport: Transport): Transport => ({
  ask: (...asked) => transport.ask(...asked),
  closeKept: (host) => transport.closeKept(host),
  check: (...asked) => transport.check(...asked),
  scan: (...asked) => transport.scan(...asked),
  gate: (host, line, options) =>
    step(`gate:${line.split(' ')[0] ?? ''}`, async () => {
      const answer = await transport.gate(host, line, options);
      const end = answer.status === 'failed' ? `failed ${answer.failure.problem}` : (answer.answer.end ?? 'unknown');
      note(`answer ${end}`);
      return answer;
    }),
  inventoryChanged: (hosts) => transport.inventoryChanged(hosts),
  close: (graceMs) => transport.close(graceMs),
});

/** Every word that a person reads of a message. */
const words = (value: unknown): string => {
  if (Array.isArray(value)) return value.map(words).join(' ');
  if (typeof value !== 'object' || value === null) return '';
  return Object.entries(value)
    .map(([name, inner]) => (typeof inner === 'string' ? (name === 'text' ? inner : '') : words(inner)))
    .filter((text) => text !== '')
    .join(' ');
};
let lastTs = 0;
const shown = (ts: string, message: Message): void =>
  appendFileSync(
    order.messages,
    `${JSON.stringify({ atMs: Date.now(), ts, text: message.text, words: words(message.blocks) })}\n`,
  );
const whispered: string[] = [];
const nowhere = async (): Promise<never> => {
  throw new Error('not in this process');
};
const chat: Chat = {
  post: (place, message) =>
    step('chat:post', async (): Promise<Posted> => {
      lastTs = Math.max(Date.now() * 1_000, lastTs + 1);
      const ts = `${Math.floor(lastTs / 1e6)}.${String(lastTs % 1e6).padStart(6, '0')}`;
      shown(place.threadTs === undefined ? ts : `thread ${ts}`, message);
      return { channel: place.channel, ts };
    }),
  update: (posted, message) => step('chat:update', async () => shown(posted.ts, message)),
  whisper: async (_place, message) => void whispered.push(message.text),
  remove: nowhere,
  replace: nowhere,
  upload: nowhere,
  openModal: nowhere,
  updateModal: nowhere,
  publishHome: nowhere,
};

// ---- put together as the bot does it
const log = ((): Log => {
  const line = (level: string) => (fields: object, what: string) =>
    note(
      `log ${level} ${what} ${JSON.stringify(fields, (_, value: unknown) => (value instanceof Error ? String(value) : value))}`,
    );
  const made: Log = {
    debug: () => undefined,
    info: () => undefined,
    warn: line('warn'),
    error: line('error'),
    with: () => made,
  };
  return made;
})();
const { host } = order;
const policy = readPolicy(LAB_POLICY.replace('tcp_fin_timeout: {persist: false}', 'tcp_fin_timeout: {}'), 'policy.yml');
const inventory = { hosts: new Map([[host.name, host]]), groups: new Map<string, string[]>(), revision: '1' };
const catalogue = new Map<string, SysctlEntry>([finTimeout, reuse].map((entry) => [entry.key, entry]));
const store = counting(await openStore(order.database));
const transport = countingGate(createTransport({ hosts: [host] }));
const clock = {
  now: () => Date.now(),
  sleep: (ms: number, signal?: AbortSignal) =>
    sleep(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined),
};
let lastId = 0;
const healthy: Diagnosis = {
  host: host.name,
  measuredAt: '',
  intervalSeconds: 2,
  findings: [],
  checked: [],
  notChecked: [],
};
const changes = new Changes({
  store,
  chat,
  transport,
  clock,
  ids: { next: () => `c${process.pid.toString(36)}x${Date.now().toString(36)}${lastId++}`.padEnd(16, '0') },
  log,
  hash: sha256,
  policy: () => policy,
  inventory: () => inventory,
  catalogue,
  diagnose: async () => ({ ok: true, diagnosis: healthy }),
  readSysctls: async () => ({ status: 'read', facts: { values: order.from } as never, readAt: '' }),
  readMany: async () => ({ readAt: '', tookMs: 0, facts: new Map(), silent: [] }),
  maySee: () => true,
  subjectNow: async (account) => ({ account, userGroups: [], member: true }),
  verifyAfterSeconds: [order.verifyAfterSeconds],
  secret: () => undefined,
});
const due = new DueLoop({ store, clock, log, handlers: { change: (one) => changes.lifecycle.due(one) } });

const TEAM = 'T0TCPLAB001';
const PEOPLE: Readonly<Record<string, string>> = { ada: 'U0ADA000001', grace: 'U0GRACE0001', margaret: 'U0MARGARET1' };
const deskOf = (name: string) => {
  const userId = PEOPLE[name] ?? name;
  const account = `${TEAM}:${userId}`;
  return changes.at({ teamId: TEAM, userId, channel: 'C0INCIDENT7' }, { account, userGroups: [], member: true });
};
/** The one change of this history. */
const current = async () => (await store.changes.find({ limit: 1 }))[0];

const clicked = async (what: ToDo): Promise<Looked> => {
  const change = await current();
  let said: string | undefined;
  if (what.do === 'draft') {
    const wishes = Object.entries(order.to).map(([key, to]) => ({ key, to }));
    const { windowSeconds, persistent } = order;
    const modal = await deskOf('ada').draft(host, { wishes, partly: false, windowSeconds, persistent });
    said = JSON.stringify(modal).slice(0, 200);
  } else if (what.do === 'propose') {
    const [draft] = await store.documents.list('change-draft');
    const { windowSeconds, persistent } = order;
    if (draft !== undefined) {
      const shown = await deskOf('ada').propose(draft.id, { reason: 'ports run out', windowSeconds, persistent });
      if (shown !== undefined && 'whisper' in shown) said = shown.whisper.text;
    }
  } else if (what.do !== 'look' && change !== undefined) {
    const ref = { change: change.id, digest: change.digest };
    const desk = deskOf(what.as ?? (what.do === 'approve' ? 'grace' : 'ada'));
    const shown = await desk[what.do](ref);
    if (shown !== undefined && 'whisper' in shown) said = shown.whisper.text;
  }
  const after = await current();
  return { begun, open, ...(after === undefined ? {} : { change: after }), ...(said === undefined ? {} : { said }) };
};

process.on('message', (message: ToBot) => {
  if ('goOn' in message) return goOn();
  clicked(message).then(
    (looked) => send({ id: message.id, looked }),
    (error: unknown) =>
      send({ id: message.id, failed: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
note(`start ${process.pid} ${readFileSync('/proc/uptime', 'utf8').split(' ')[0]}`);
due.start();
changes.board.start();
send({ ready: true });
