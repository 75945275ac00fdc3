/** Two bots on one database: 100 changes, each approved by double clicks in both at once. One effect each, whatever the database. */
import { createHash } from 'node:crypto';
import { expect } from '@jest/globals';
import { GateDoor } from '../../src/app/change-gate.js';
import { ChangeLifecycle } from '../../src/app/change-lifecycle.js';
import { readPolicy } from '../../src/config/policy.js';
import type { Transport } from '../../src/ports/transport.js';
import { openStore } from '../../src/store/open.js';
import { loadSysctls } from '../../src/sysctls.js';
import { anInventory, keepingLog } from '../support/bot-fakes.js';
import { gatedHost, REUSE } from '../support/changing-bot.js';
import { FakeHost } from '../support/fake-gate.js';

export const CHANGES = 100;

const policy = readPolicy(
  `people:
  ada: {slack: ["T0H:U0ADA"]}
  grace: {slack: ["T0H:U0GRACE"]}
  margaret: {slack: ["T0H:U0MARG"]}
roles: {all: {people: [ada, grace, margaret]}}
grants: [{hosts: "*", see: [everyone], propose: [all], approve: [all], confirm: [all], revert: [all]}]
keys: {${REUSE}: {}}
`,
  'policy.yml',
);

/** @param where as `openStore` takes it */
export const race = async (where: string): Promise<void> => {
  const hosts = Array.from({ length: CHANGES }, (_, at) => gatedHost(`web-${at}`));
  const models = new Map(hosts.map(({ name }) => [name, new FakeHost(Date.now, { [REUSE]: '2' })]));
  const inventory = anInventory(...hosts);
  const catalogue = await loadSysctls();
  const sets: string[] = [];
  const bot = async () => {
    const store = await openStore(where);
    const transport: Pick<Transport, 'gate'> = {
      gate: async ({ name }, line) => {
        if (line.startsWith('set ')) sets.push(name);
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 3));
        return (
          models.get(name)?.send(line, 'none') ?? { status: 'failed', failure: { problem: 'refused', message: '' } }
        );
      },
    };
    let last = 0;
    const mine = Math.random().toString(36).slice(2, 8).padEnd(6, 'x');
    const lifecycle = new ChangeLifecycle({
      store,
      gate: new GateDoor(transport as Transport),
      clock: { now: Date.now, sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)) },
      ids: { next: () => `${mine}${String(++last).padStart(10, '0')}` },
      log: keepingLog().log,
      hash: (text) => createHash('sha256').update(text).digest('hex'),
      policy: () => policy,
      inventory: () => inventory,
      catalogue,
      diagnose: async (host) => ({
        ok: true,
        diagnosis: { host: host.name, measuredAt: '', intervalSeconds: 2, findings: [], checked: [], notChecked: [] },
      }),
      verifyAfterSeconds: [30],
      moved: () => undefined,
      tell: async () => undefined,
    });
    return { store, lifecycle };
  };
  const [one, two] = await Promise.all([bot(), bot()]);
  const asker = (user: string) => ({
    subject: { account: `T0H:${user}`, userGroups: [], member: true },
    channel: 'C1',
  });
  try {
    const results: { ok: boolean; code?: string }[][] = [];
    for (const host of hosts) {
      const asked = await one.lifecycle.propose(asker('U0ADA'), {
        host,
        entries: [{ key: REUSE, from: '2', to: '1' }],
        reason: 'ports run out',
        confirmWindowSeconds: 300,
        persistent: false,
      });
      if (!asked.ok) throw new Error(asked.refusal.detail);
      const { id, digest } = asked.change;
      const clicks = [one, two].flatMap(({ lifecycle }) =>
        ['U0GRACE', 'U0GRACE', 'U0MARG'].map(async (user) => {
          const result = await lifecycle.approve(asker(user), id, digest);
          return result.ok ? { ok: true } : { ok: false, code: result.refusal.code };
        }),
      );
      results.push(await Promise.all(clicks));
    }
    // Every one came into force once; nobody was counted twice; the others were told why not.
    for (const [at, host] of hosts.entries()) {
      expect(models.get(host.name)?.effects.map(({ verb }) => verb)).toEqual(['set']);
      const refused = (results[at] ?? []).filter(({ ok }) => !ok).map(({ code }) => code);
      expect(refused.filter((code) => code !== 'wrong-state' && code !== 'already-approved')).toEqual([]);
    }
    expect(sets).toHaveLength(CHANGES);
    const all = await two.store.changes.find({ open: true, limit: 200 });
    expect(all).toHaveLength(CHANGES);
    for (const change of all) expect([change.state, change.approvals.length]).toEqual(['applied', 1]);
  } finally {
    await one.store.close();
    await two.store.close();
  }
};
