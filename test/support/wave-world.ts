/** Many hosts with gates (models of them), bots on one store, and people who ask and click: what a wave is tried on. */
import { createHash } from 'node:crypto';
import { Changes } from '../../src/app/changes.js';
import type { WaveAsked, WaveEntered, WaveRef } from '../../src/command/waves.js';
import { readPolicy } from '../../src/config/policy.js';
import type { Finding } from '../../src/core/finding.js';
import type { Host } from '../../src/core/inventory.js';
import type { Policy, Subject } from '../../src/core/policy.js';
import type { Wave } from '../../src/core/wave.js';
import type { Store } from '../../src/ports/store.js';
import type { Transport } from '../../src/ports/transport.js';
import { loadSysctls } from '../../src/sysctls.js';
import { anInventory, FakeChat, keepingLog, wordsOf } from './bot-fakes.js';
import { gatedHost, REUSE } from './changing-bot.js';
import { FakeHost } from './fake-gate.js';
import { memoryDisk, memoryStore } from './memory-store.js';

const catalogue = await loadSysctls();

export const wavePolicy = (more = `${REUSE}: {}`): Policy =>
  readPolicy(
    `people:
  ada: {slack: ["T0H:U0ADA"]}
  grace: {slack: ["T0H:U0GRACE"], totpEnv: GRACE_TOTP}
  linus: {slack: ["T0H:U0LINUS"]}
roles:
  all: {people: [ada, grace, linus]}
  web: {people: [grace]}
grants:
  - {hosts: "web-*", see: [everyone], propose: [all], approve: [all], confirm: [all], revert: [all]}
  - {hosts: "db-*", see: [everyone], propose: [all], approve: [web], confirm: [all], revert: [web]}
keys: {${more}}
confirmWindow: {default: 10m, max: 15m}
`,
    'policy.yml',
  );

const sickness: Finding = {
  id: 'accept-queue-overflow',
  status: 'present',
  severity: 'crit',
  confidence: 'high',
  evidence: [],
  missing: [],
  causedBy: [],
  remedies: [],
  advice: [],
  avoid: [],
  steps: [],
};

export const GRACE_SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';

export interface WaveWorldOptions {
  /** value now, where it is not 2 */
  values?: Readonly<Record<string, string>>;
  keys?: string;
}

/** What `/sysctl @all set net.ipv4.tcp_tw_reuse=1` asks the desk for. */
export const typedFor = (hosts: readonly Host[], to = '1'): WaveAsked => ({
  selector: '@all',
  wishes: hosts.map((host) => ({ host, wishes: [{ key: REUSE, to }] })),
  leftOut: { excluded: 0, hidden: 0, unknown: [] },
  partly: false,
});

export const waveWorld = (names: readonly string[], { values = {}, keys }: WaveWorldOptions = {}) => {
  const disk = memoryDisk();
  const clock = { nowMs: Date.parse('2026-11-22T12:00:00Z') };
  const chat = new FakeChat();
  const models = new Map(
    names.map((name) => [name, new FakeHost(() => clock.nowMs, { [REUSE]: values[name] ?? '2' })]),
  );
  const now = {
    hosts: names.map((name): Host => gatedHost(name)),
    policy: wavePolicy(keys),
    /** hosts that have a new critical finding */
    sick: new Set<string>(),
    /** hosts that can't be measured */
    silent: new Set<string>(),
    /** hosts whose gate refuses what it is sent */
    refusing: new Set<string>(),
    /** what Slack says of people now, where they are not full members any more */
    subjects: new Map<string, Subject>(),
    /** hosts whose measurement takes until this resolves */
    slow: new Map<string, Promise<void>>(),
    /** hosts from which no answer to a `set` comes back, though it had its effect, nor any later one */
    lost: new Set<string>(),
    /** the process dies when it is about to measure this host */
    dieAt: undefined as string | undefined,
  };
  /** requests that reached a host, in order */
  const sets: string[] = [];
  const transport: Pick<Transport, 'gate'> = {
    gate: async ({ name }, line) => {
      const model = models.get(name);
      if (model === undefined) throw new Error(`no ${name}`);
      if (line.startsWith('set ')) {
        sets.push(name);
        if (now.refusing.has(name)) return { status: 'answered', answer: { fields: {}, end: 'stale' } };
      }
      return model.send(line, now.lost.has(name) && !line.startsWith('version') ? 'answer lost' : 'none');
    },
  };
  let processes = 0;
  const valuesOf = (name: string) => ({ values: Object.fromEntries(models.get(name)?.values ?? []) });
  /** @param store of its own on a real database; default: the disk that all share */
  const bot = (store: Store = memoryStore(disk)) => {
    const mine = String.fromCharCode(97 + processes++).repeat(4);
    let last = 0;
    const log = keepingLog();
    const changes = new Changes({
      store,
      chat,
      transport: transport as Transport,
      clock: { now: () => clock.nowMs, sleep: async () => undefined },
      ids: { next: () => `${mine}${String(++last).padStart(12, '0')}` },
      log: log.log,
      hash: (text) => createHash('sha256').update(text).digest('hex'),
      policy: () => now.policy,
      inventory: () => anInventory(...now.hosts),
      catalogue,
      diagnose: async ({ name }) => {
        if (now.dieAt === name) throw new Error('the bot died');
        await now.slow.get(name);
        if (now.silent.has(name)) return { ok: false, failure: 'no answer' };
        return {
          ok: true,
          diagnosis: {
            host: name,
            measuredAt: '',
            intervalSeconds: 2,
            findings: now.sick.has(name) ? [sickness] : [],
            checked: [],
            notChecked: [],
          },
        };
      },
      readSysctls: async ({ name }) => ({ status: 'read', facts: valuesOf(name), readAt: '2026-11-22T12:00:00Z' }),
      readMany: async (hosts) => ({
        readAt: '2026-11-22T12:00:00Z',
        tookMs: 5,
        facts: new Map(hosts.filter(({ name }) => !now.silent.has(name)).map(({ name }) => [name, valuesOf(name)])),
        silent: hosts
          .filter(({ name }) => now.silent.has(name))
          .map(({ name }) => ({ host: name, problem: 'timed out' })),
      }),
      maySee: () => true,
      subjectNow: async (account) => now.subjects.get(account) ?? { account, userGroups: [], member: true },
      verifyAfterSeconds: [30, 120],
      secret: (name) => (name === 'GRACE_TOTP' ? GRACE_SECRET : undefined),
    });
    const at = (user: string, channel = 'C1') =>
      changes.at({ teamId: 'T0H', userId: user, channel }, { account: `T0H:${user}`, userGroups: [], member: true });
    return { changes, at, store, lines: log.lines };
  };
  /** Everything that goes on by itself has gone on. */
  const calm = async (...bots: { changes: Changes }[]) => {
    for (let round = 0; round < 6; round++) {
      for (const { changes } of bots)
        for (const { id } of [...disk.documents.values()].filter(({ kind }) => kind === 'wave'))
          await changes.waves.look(id);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  /** Time goes on in steps; what is due is done by one of the bots. */
  const pass = async (ms: number, ...bots: ReturnType<typeof bot>[]) => {
    const until = clock.nowMs + ms;
    // Of an hour nothing is missed in larger steps; a host is looked at half a minute after its change.
    const stepMs = ms > 1_000_000 ? 60_000 : 5_000;
    while (clock.nowMs < until) {
      clock.nowMs = Math.min(until, clock.nowMs + stepMs);
      for (const model of models.values()) model.tick();
      const store = memoryStore(disk);
      for (const due of await store.due.claim(clock.nowMs, 60_000, 100)) {
        const taker = bots[Math.floor(due.atMs / 1_000) % bots.length]?.changes;
        await (due.kind.startsWith('wave') ? taker?.waves.due(due) : taker?.lifecycle.due(due));
        await store.due.done(due);
      }
      await calm(...bots);
    }
  };
  const wave = (): Wave => {
    const stored = [...disk.documents.values()].find(({ kind }) => kind === 'wave');
    if (stored === undefined) throw new Error('no wave');
    return JSON.parse(stored.value) as Wave;
  };
  const stateOf = (host: string) =>
    [...disk.changes.values()].map(({ change }) => change).find(({ plan }) => plan.host.name === host);
  const setOn = (host: string) => models.get(host)?.values.get(REUSE);
  /** As a person does it: the modal, then what it was sent with. @returns the wave as its message's buttons name it */
  const propose = async (
    by: ReturnType<typeof bot>,
    more: Partial<WaveEntered> = {},
    hosts: readonly Host[] = now.hosts,
  ): Promise<WaveRef> => {
    const desk = by.at('U0ADA').waves;
    const modal = await desk.draft(typedFor(hosts));
    const { draft } = JSON.parse(modal.private_metadata ?? '{}') as { draft?: string };
    if (draft === undefined)
      throw new Error(
        `${wordsOf(modal)} ${String(by.lines.map(({ fields }) => (fields.err instanceof Error ? fields.err.stack : '')))}`,
      );
    const entered = {
      reason: 'ports run out, INC-7',
      windowSeconds: 900,
      persistent: false,
      canary: 0,
      pace: 'verified',
    };
    const shown = await desk.propose(draft, { ...entered, ...more } as WaveEntered);
    if (shown !== undefined) throw new Error(wordsOf(shown));
    return { wave: draft, digest: wave().digest, begun: 0 };
  };
  return {
    wish: { reason: 'ports', windowSeconds: 900, persistent: false, canary: 0, pace: 'verified' as const },
    propose,
    disk,
    clock,
    chat,
    models,
    now,
    sets,
    bot,
    calm,
    pass,
    wave,
    stateOf,
    setOn,
  };
};
