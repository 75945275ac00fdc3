/** What is kept of a wave from its modal on: where it was asked, its hosts and values, and the words that its approvers read. */

import type { SettingWords } from '../blocks/change-words.js';
import { waveFits } from '../blocks/wave-card.js';
import { type Change, evolve, type FindingRef } from '../core/change.js';
import type { Setting } from '../core/plan.js';
import { hostIdentity } from '../core/plan-digest.js';
import { batchesOf, type Wave } from '../core/wave.js';
import type { HostLeftOut, PlannedHost } from '../core/wave-plan.js';
import type { Place } from '../ports/chat.js';
import type { Standpoint } from './change-standpoint.js';
import { forgetOldDrafts } from './forget-drafts.js';

export interface WaveDraft {
  place: Place;
  /** `team:user` of who asked */
  by: string;
  selector: string;
  /** `change`: the id that the host's own change will have */
  hosts: readonly { host: string; change: string; settings: readonly Setting[]; finding?: FindingRef }[];
  leftOut: readonly HostLeftOut[];
  mayPersist: boolean;
  createdAtMs: number;
}
export const WAVE_DRAFTS = 'wave-draft';
/** a draft is sent within this, or its values are too old to be shown as “now” */
export const WAVE_DRAFT_MS = 30 * 60_000;
const REASON_MAX = 1_000;

/** What each key does, once. */
export const wordsOf = (hosts: readonly { settings: readonly Setting[] }[]): readonly SettingWords[] => [
  ...new Map(hosts.flatMap(({ settings }) => settings).map((setting) => [setting.key, setting])).values(),
];

/** Whether the whole list can be shown to who approves it, however long the reason. */
export const canBeShown = (hosts: readonly PlannedHost[], leftOut: readonly HostLeftOut[]): boolean => {
  const by = { person: 'x', account: 'T00000000:U00000000' };
  const members = hosts.map(({ host }, at) => ({ host: host.name, change: `${at}`, digest: '' }));
  const changes = new Map<string, Change>(
    hosts.map(({ host, settings, finding }, at) => [
      `${at}`,
      evolve(undefined, {
        type: 'proposed',
        id: `${at}`,
        plan: { host: hostIdentity(host), entries: settings, confirmWindowSeconds: 900, persistent: true },
        digest: '',
        by,
        reason: '',
        atMs: 0,
        expiresAtMs: 0,
        approvalsNeeded: 1,
        ...(finding === undefined ? {} : { finding }),
      }),
    ]),
  );
  const wave: Wave = {
    id: 'x'.repeat(16),
    version: 1,
    state: 'proposed',
    selector: 'x'.repeat(60),
    batches: batchesOf(members),
    pace: 'first-look',
    looksSeconds: [30, 300],
    digest: 'a'.repeat(64),
    requester: by,
    reason: 'x'.repeat(REASON_MAX),
    incident: 'x'.repeat(200),
    confirmWindowSeconds: 900,
    persistent: true,
    channel: '',
    approvals: [],
    approvalsNeeded: 2,
    begun: 0,
    proposedAtMs: 0,
    expiresAtMs: 0,
  };
  const approvers = Array.from({ length: 20 }, () => ({ user: 'U00000000' }));
  return waveFits({ wave, changes, words: wordsOf(hosts), leftOut, approvers, stepUp: true });
};

/** @returns its id, which is the wave's if it becomes one */
export const keepWaveDraft = async (
  { parts, caller, subject }: Standpoint,
  planned: { selector: string; hosts: readonly PlannedHost[]; leftOut: readonly HostLeftOut[]; mayPersist: boolean },
): Promise<string> => {
  const { store, clock, ids } = parts;
  const id = ids.next();
  const draft: WaveDraft = {
    place: { channel: caller.channel, ...(caller.threadTs === undefined ? {} : { threadTs: caller.threadTs }) },
    by: subject.account,
    selector: planned.selector,
    hosts: planned.hosts.map(({ host, settings, finding }) => ({
      host: host.name,
      change: ids.next(),
      settings,
      ...(finding === undefined ? {} : { finding }),
    })),
    leftOut: planned.leftOut,
    mayPersist: planned.mayPersist,
    createdAtMs: clock.now(),
  };
  await store.documents.put(WAVE_DRAFTS, id, draft, 0);
  void forgetOldDrafts(parts, WAVE_DRAFTS, async (old) => (await store.documents.get('wave', old)) !== undefined);
  return id;
};
