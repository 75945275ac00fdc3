/** A wave on hosts that behave as told: who is begun when, what stops it, what a restart finds. */
import { describe, expect, test } from '@jest/globals';
import type { ChangeLifecycle } from '../../src/app/change-lifecycle.js';
import type { Asker, Result } from '../../src/app/change-ports.js';
import { Waves } from '../../src/app/wave.js';
import { readPolicy } from '../../src/config/policy.js';
import type { Change, ChangeState } from '../../src/core/change.js';
import { planDigest } from '../../src/core/plan-digest.js';
import { sha256 } from '../../src/store/audit.js';
import { aHost, anInventory, countingIds, HandClock, keepingLog } from '../support/bot-fakes.js';
import { memoryDisk, memoryStore } from '../support/memory-store.js';

const policy = readPolicy(
  `people:
  ada: {slack: ["T0H:U0ADA"]}
  grace: {slack: ["T0H:U0GRACE"]}
roles:
  all: {people: [ada, grace]}
  web: {people: [ada]}
grants:
  - {hosts: "web-*", see: [everyone], propose: [all], approve: [all], confirm: [all], revert: [all]}
  - {hosts: "db-*", see: [everyone], propose: [all], approve: [web], confirm: [all], revert: [all]}
keys:
  net.ipv4.tcp_tw_reuse: {}
`,
  'policy.yml',
);
const asker = (account: string): Asker => ({ subject: { account, userGroups: [], member: true } });
const ada = asker('T0H:U0ADA');
const grace = asker('T0H:U0GRACE');

/** The life-cycle as far as a wave sees it; `busy` hosts refuse a proposal. */
const setUp = (names: readonly string[], busy: readonly string[] = []) => {
  const disk = memoryDisk();
  const store = memoryStore(disk);
  const clock = new HandClock();
  const begun: string[] = [];
  const withdrawn: string[] = [];
  let count = 0;
  const move = (id: string, state: ChangeState, worse = false): Change => {
    const known = disk.changes.get(id);
    if (known === undefined) throw new Error(`no change ${id}`);
    const measurements = worse ? [{ atMs: 1, afterSeconds: 30, outcome: 'worse' as const, before: '', now: '' }] : [];
    known.change = { ...known.change, state, measurements };
    return known.change;
  };
  const lifecycle: Pick<ChangeLifecycle, 'propose' | 'approve' | 'deny'> = {
    propose: async (by, { host, entries, reason, confirmWindowSeconds, persistent }): Promise<Result> => {
      if (busy.includes(host.name)) return { ok: false, refusal: { code: 'host-busy', detail: 'the host is busy' } };
      const id = `change${++count}`;
      const plan = {
        host: { name: host.name, address: host.address, port: host.port, keys: '' },
        entries,
        confirmWindowSeconds,
        persistent,
      };
      const change: Change = {
        id,
        version: 1,
        state: 'proposed',
        plan,
        digest: planDigest(plan, sha256),
        requester: { person: 'ada', account: by.subject.account },
        reason,
        proposedAtMs: 0,
        expiresAtMs: 1e15,
        approvalsNeeded: 1,
        approvals: [],
        measurements: [],
        shadowedBy: [],
      };
      disk.changes.set(id, { change, events: [] });
      return { ok: true, change };
    },
    approve: async (_by, id, digest): Promise<Result> => {
      const change = disk.changes.get(id)?.change;
      if (change === undefined || change.digest !== digest)
        return { ok: false, refusal: { code: 'unknown-change', detail: 'not that' } };
      begun.push(change.plan.host.name);
      return { ok: true, change: move(id, 'applied') };
    },
    deny: async (_by, id): Promise<Result> => {
      withdrawn.push(disk.changes.get(id)?.change.plan.host.name ?? '');
      return { ok: true, change: move(id, 'denied') };
    },
  };
  const hosts = names.map((name) => aHost(name));
  const make = () =>
    new Waves({
      lifecycle,
      store,
      clock,
      ids: countingIds(),
      log: keepingLog().log,
      hash: sha256,
      policy: () => policy,
      inventory: () => anInventory(...hosts),
      moved: () => undefined,
    });
  const wish = {
    hosts: hosts.map((host) => ({ host, entries: [{ key: 'net.ipv4.tcp_tw_reuse', from: '2', to: '1' }] })),
    reason: 'ports run out',
    confirmWindowSeconds: 600,
    persistent: false,
  };
  const all = (state: ChangeState): void => {
    for (const [id, { change }] of disk.changes) if (change.state === 'applied') move(id, state);
  };
  return { disk, store, waves: make(), make, wish, begun, withdrawn, move, all };
};
const web = (count: number): string[] => Array.from({ length: count }, (_, at) => `web-${at + 1}`);

describe('a wave', () => {
  test('the canary alone, then two, then four; done when all are good; each step in the audit log', async () => {
    const { waves, wish, begun, all, disk } = setUp(web(7));
    const proposed = await waves.propose(ada, wish);
    if (!proposed.ok) throw new Error(proposed.why);
    const { id, digest } = proposed.wave;
    expect(await waves.approve(ada, id, digest)).toMatchObject({ ok: false });
    expect(await waves.approve(grace, id, 'x'.repeat(64))).toMatchObject({ ok: false });
    expect(begun).toEqual([]);
    await waves.approve(grace, id, digest);
    expect(begun).toEqual(['web-1']);
    await waves.look(id);
    expect(begun).toEqual(['web-1']);
    all('verified');
    await waves.look(id);
    expect(begun).toEqual(['web-1', 'web-2', 'web-3']);
    all('verified');
    await waves.look(id);
    expect(begun).toHaveLength(7);
    all('verified');
    expect(await waves.look(id)).toMatchObject({ wave: { state: 'done' } });
    expect(disk.audit.map(({ kind }) => kind)).toEqual([
      'wave.proposed',
      'wave.approved',
      'batch.begun',
      'batch.begun',
      'batch.begun',
      'wave.done',
    ]);
  });

  test('a host that gets worse stops it: nobody else is begun, what waits is withdrawn, hosts are free', async () => {
    const { waves, wish, begun, withdrawn, move, all, disk } = setUp(web(7));
    const proposed = await waves.propose(ada, wish);
    if (!proposed.ok) throw new Error(proposed.why);
    const { id, digest } = proposed.wave;
    await waves.approve(grace, id, digest);
    all('verified');
    await waves.look(id);
    move('change3', 'applied', true);
    const result = await waves.look(id);
    expect(result).toMatchObject({ wave: { state: 'stopped', stopped: { host: 'web-3', why: 'it got worse' } } });
    expect(begun).toHaveLength(3);
    expect(withdrawn).toEqual(['web-4', 'web-5', 'web-6', 'web-7']);
    // What is in force keeps its own way back.
    expect(disk.changes.get('change1')?.change.state).toBe('verified');
    all('verified');
    await waves.look(id);
    expect(begun).toHaveLength(3);
  });

  test('a process that died is taken over by what is due, from what is stored', async () => {
    const { waves, make, wish, begun, all, store } = setUp(web(3));
    const proposed = await waves.propose(ada, wish);
    if (!proposed.ok) throw new Error(proposed.why);
    await waves.approve(grace, proposed.wave.id, proposed.wave.digest);
    all('verified');
    const due = await store.due.claim(Number.MAX_SAFE_INTEGER, 1, 10);
    expect(due).toMatchObject([{ kind: 'wave', subject: proposed.wave.id }]);
    for (const it of due) await make().due(it);
    expect(begun).toEqual(['web-1', 'web-2', 'web-3']);
  });

  test('one host that can’t be proposed: none is', async () => {
    const { waves, wish, withdrawn } = setUp(web(4), ['web-3']);
    expect(await waves.propose(ada, wish)).toEqual({ ok: false, why: 'the host is busy', host: 'web-3' });
    expect(withdrawn).toEqual(['web-1', 'web-2']);
  });

  test('who may not approve for one of the hosts approves none', async () => {
    const { waves, wish, begun } = setUp([...web(2), 'db-1']);
    const proposed = await waves.propose(ada, wish);
    if (!proposed.ok) throw new Error(proposed.why);
    expect(await waves.approve(grace, proposed.wave.id, proposed.wave.digest)).toMatchObject({
      ok: false,
      host: 'db-1',
    });
    expect(begun).toEqual([]);
  });

  test('stopped by a person before its approval: every proposal is withdrawn', async () => {
    const { waves, wish, withdrawn } = setUp(web(3));
    const proposed = await waves.propose(ada, wish);
    if (!proposed.ok) throw new Error(proposed.why);
    expect(await waves.stop(asker('T0H:U0WHO'), proposed.wave.id, 'no')).toMatchObject({ ok: false });
    expect(await waves.stop(grace, proposed.wave.id, 'not now')).toMatchObject({ wave: { state: 'denied' } });
    expect(withdrawn).toEqual(web(3));
    expect(await waves.approve(grace, proposed.wave.id, proposed.wave.digest)).toMatchObject({ ok: false });
  });
});
