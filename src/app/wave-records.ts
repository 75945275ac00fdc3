/** Waves in the store: each move with its audit entries in one transaction, by compare-and-set. No entry, no action. */
import type { AuditDraft } from '../core/audit.js';
import type { Actor, Change } from '../core/change.js';
import {
  evolveWave,
  WAVE_HOSTS_MAX,
  type Wave,
  type WaveDecision,
  type WaveEvent,
  type WaveRefusal,
} from '../core/wave.js';
import { type DueDraft, type Store, StoreFailure } from '../ports/store.js';
import type { ChangePorts } from './change-ports.js';

const WAVES = 'wave';
/** others that were quicker are given way so often */
const TRIES_MAX = 6;
/** shown in one list */
const WAVES_MAX = 20;
const LOOK_SOON_MS = 3_000;
const LOOK_MS = 15_000;

export type WaveResult =
  | { ok: true; wave: Wave }
  | { ok: false; refusal: WaveRefusal | { code: 'unknown-change'; detail: string }; host?: string; wave?: Wave };

export interface RecordsParts extends Pick<ChangePorts, 'clock'> {
  store: Pick<Store, 'documents' | 'changes' | 'audit'>;
}

export const unknownWave = (id: string): WaveResult => ({
  ok: false,
  refusal: { code: 'unknown-change', detail: `there is no wave ${id}` },
});

/** The next look at a wave: soon where it runs, so that the next batch is begun and a bad host stops it. */
export const dueToLook = (wave: Pick<Wave, 'id' | 'state' | 'reverting'>, nowMs: number): DueDraft => ({
  id: `wave:${wave.id}`,
  kind: 'wave',
  subject: wave.id,
  atMs: nowMs + (wave.state === 'running' || wave.reverting !== undefined ? LOOK_SOON_MS : LOOK_MS),
});

const byOf = (wave: Wave, event: WaveEvent): Actor | 'bot' =>
  event.type === 'wave-proposed' ? wave.requester : 'by' in event ? event.by : 'bot';
const actorText = (by: Actor | 'bot'): string => (by === 'bot' ? 'bot' : `${by.person} (${by.account})`);

/** In words for the timeline of an incident. */
const whatOf = (wave: Wave, event: WaveEvent): string => {
  const on = `the wave on ${wave.selector}`;
  switch (event.type) {
    case 'wave-proposed':
      return `proposed ${on}, ${wave.batches.flat().length} hosts: ${wave.reason}`;
    case 'wave-approved':
      return `approved ${on}`;
    case 'wave-denied':
      return `denied ${on}: ${event.why}`;
    case 'wave-expired':
      return `${on} expired: it was not approved in time`;
    case 'wave-stale':
      return `${on} was not begun: ${event.host ?? ''} ${event.why}`;
    case 'batch-begun': {
      const hosts = (wave.batches[event.batch] ?? []).map(({ host }) => host).join(', ');
      return `${on} begins ${event.batch === 0 ? 'its canary' : `batch ${event.batch + 1} of ${wave.batches.length}`}: ${hosts}`;
    }
    case 'wave-stopped':
      return `stopped ${on}: ${event.host === undefined ? '' : `${event.host}, `}${event.why}`;
    case 'revert-asked':
      return `asked to take back ${on}`;
    case 'wave-done':
      return `${on} is done: every host is verified or confirmed`;
  }
};

export class WaveRecords {
  constructor(private readonly parts: RecordsParts) {}

  async load(id: string): Promise<{ wave: Wave; version: number } | undefined> {
    const stored = await this.parts.store.documents.get<Wave>(WAVES, id);
    return stored === undefined ? undefined : { wave: stored.value, version: stored.version };
  }

  changesOf(wave: Pick<Wave, 'id'>): Promise<ReadonlyMap<string, Change>> {
    return changesIn(this.parts.store, wave);
  }

  /** What is about to be proposed, before the first host's change is written. @throws StoreFailure `conflict`: it is there already */
  async create(wave: Wave, due: readonly DueDraft[]): Promise<void> {
    const { store, clock } = this.parts;
    const hosts = wave.batches.map((batch) => batch.map(({ host, change }) => `${host} ${change}`));
    const { digest, pace, selector } = wave;
    await store.documents.put(WAVES, wave.id, wave, 0, {
      audit: [
        this.entry(wave, wave.requester, 'wave.propose-intended', {
          what: `is about to propose a wave on ${selector}`,
          digest,
          pace,
          batches: hosts,
        }),
      ],
      due: [dueToLook(wave, clock.now()), ...due],
    });
  }

  /** Judged on what the wave is now, and on what it has become where somebody was quicker. A person's refusal is audited too. */
  async decide(id: string, by: Actor | 'bot', judge: (wave: Wave) => WaveDecision): Promise<WaveResult> {
    const { store, clock } = this.parts;
    for (let tries = 1; ; tries++) {
      const stored = await this.load(id);
      if (stored === undefined) return unknownWave(id);
      const decision = judge(stored.wave);
      if (!decision.ok) {
        if (by !== 'bot')
          await store.audit.append([this.entry(stored.wave, by, 'wave.refused', { ...decision.refusal })]);
        return { ok: false, refusal: decision.refusal, wave: stored.wave };
      }
      const audit = decision.events.map((event) => {
        const kind = `wave.${event.type.replace(/^wave-/, '')}`;
        return this.entry(stored.wave, byOf(stored.wave, event), kind, { what: whatOf(stored.wave, event), ...event });
      });
      const wave = decision.events.reduce(evolveWave, stored.wave);
      try {
        const due = [dueToLook(wave, clock.now())];
        await store.documents.put(WAVES, id, wave, stored.version, { audit, due });
        return { ok: true, wave };
      } catch (error) {
        if (!(error instanceof StoreFailure) || error.problem !== 'conflict' || tries >= TRIES_MAX) throw error;
      }
    }
  }

  /** Refused before the wave itself was asked. */
  async refused(wave: Wave, by: Actor, refusal: WaveRefusal, host?: string): Promise<WaveResult> {
    const data = { ...refusal, ...(host === undefined ? {} : { on: host }) };
    await this.parts.store.audit.append([this.entry(wave, by, 'wave.refused', data)]);
    return { ok: false, refusal, wave, ...(host === undefined ? {} : { host }) };
  }

  private entry(wave: Wave, by: Actor | 'bot', kind: string, data: Record<string, unknown>): AuditDraft {
    return {
      atMs: this.parts.clock.now(),
      actor: actorText(by),
      kind,
      channel: wave.channel,
      data: { wave: wave.id, digest: wave.digest, ...data },
    };
  }
}

/** The waves that these changes are members of, each once. @returns with whether there are more than one list shows */
export const openWaves = async (
  { store }: { store: Pick<Store, 'documents' | 'changes'> },
  members: readonly Change[],
): Promise<{ waves: { wave: Wave; changes: ReadonlyMap<string, Change> }[]; more: boolean }> => {
  const ids = [...new Set(members.flatMap(({ wave }) => wave ?? []))];
  const all = await Promise.all(
    ids.slice(0, WAVES_MAX).map(async (id) => {
      const wave = (await store.documents.get<Wave>(WAVES, id))?.value;
      return wave === undefined ? [] : [{ wave, changes: await changesIn(store, wave) }];
    }),
  );
  return { waves: all.flat(), more: ids.length > WAVES_MAX };
};

/** By id. Hosts whose change is not written yet are not there. */
const changesIn = async (
  { changes }: Pick<Store, 'changes'>,
  { id }: Pick<Wave, 'id'>,
): Promise<ReadonlyMap<string, Change>> => {
  const all = await changes.find({ wave: { of: id }, limit: WAVE_HOSTS_MAX });
  return new Map(all.map((change) => [change.id, change]));
};
