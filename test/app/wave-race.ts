/** Two bots on one database: a wave of seven hosts, approved and stepped by both at once. One effect on each host, one move each in the log. */
import { expect } from '@jest/globals';
import { verifyChain } from '../../src/core/audit.js';
import type { Wave } from '../../src/core/wave.js';
import { sha256 } from '../../src/store/audit.js';
import { openStore } from '../../src/store/open.js';
import { typedFor, waveWorld } from '../support/wave-world.js';

const HOSTS = 7;

/** @param where as `openStore` takes it */
export const race = async (where: string): Promise<void> => {
  const names = Array.from({ length: HOSTS }, (_, at) => `web-${at + 1}`);
  const w = waveWorld(names);
  const [first, second] = [await openStore(where), await openStore(where)];
  const [one, two] = [w.bot(first), w.bot(second)];
  try {
    const modal = await one.at('U0ADA').waves.draft(typedFor(w.now.hosts));
    const { draft } = JSON.parse(modal.private_metadata ?? '{}') as { draft: string };
    await Promise.all([one, two].map((bot) => bot.at('U0ADA').waves.propose(draft, w.wish)));
    const waveOf = async (): Promise<Wave> => {
      const stored = await second.documents.get<Wave>('wave', draft);
      if (stored === undefined) throw new Error('no wave');
      return stored.value;
    };
    const look = () => Promise.all([one, two].map(({ changes }) => changes.waves.look(draft)));
    await look();
    const { digest, state } = await waveOf();
    expect(state).toBe('proposed');
    const clicks = await Promise.all(
      [one, two].flatMap((bot) =>
        ['U0GRACE', 'U0LINUS', 'U0GRACE'].map((user) => bot.at(user).waves.approve({ wave: draft, digest, begun: 0 })),
      ),
    );
    expect(clicks.filter((shown) => shown === undefined)).toHaveLength(1);
    for (let round = 0; round < 40 && (await waveOf()).state === 'running'; round++) {
      await look();
      w.clock.nowMs += 35_000;
      // Both find the same looks due.
      for (const change of await first.changes.find({ states: ['applied'], wave: { of: draft }, limit: HOSTS }))
        await Promise.all(
          [one, two].map(({ changes }) =>
            changes.lifecycle
              .due({ id: `${change.id}:measure`, kind: 'change-measure', subject: change.id, atMs: w.clock.nowMs })
              .catch(() => undefined),
          ),
        );
      await look();
    }
    const wave = await waveOf();
    expect(wave.state).toBe('done');
    expect(wave.approvals).toHaveLength(1);
    for (const name of names) expect(w.models.get(name)?.effects.map(({ verb }) => verb)).toEqual(['set']);
    const entries = [];
    for await (const entry of first.audit.read({})) entries.push(entry);
    expect(verifyChain(entries, [], sha256).problems).toEqual([]);
    // Nobody did anything that could be refused but the clicks themselves.
    expect(entries.filter(({ kind }) => kind === 'change.refused')).toEqual([]);
    const moves = entries.map(({ kind }) => kind).filter((kind) => kind.startsWith('wave.') && kind !== 'wave.refused');
    expect(moves).toEqual([
      'wave.propose-intended',
      'wave.proposed',
      'wave.approved',
      ...wave.batches.map(() => 'wave.batch-begun'),
      'wave.done',
    ]);
  } finally {
    await Promise.all([one, two].map(({ changes }) => changes.stop()));
    await first.close();
    await second.close();
  }
};
