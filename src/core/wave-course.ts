/** The course of a wave: what its hosts' changes are now → what happens next. Pure. */
import { type Change, isEnded } from './change.js';
import { begunOf, isOver, membersOf, type Wave, type WaveEvent, type WaveMember } from './wave.js';

/** A host that can't be asked at its turn holds up a wave for so long, then stops it. */
const REACH_MS_MAX = 60_000;
/** A process that died while it wrote the hosts' changes is not waited for longer. */
const PROPOSING_MS_MAX = 120_000;

/** What the wave needs to know of a host's change. `looked at`: once, and not worse; `good`: at all looks, or confirmed. */
export type MemberState = 'waiting' | 'under way' | 'looked at' | 'good' | 'bad';

const lastLook = (wave: Pick<Wave, 'looksSeconds'>): number => wave.looksSeconds.at(-1) ?? 0;

export const memberState = (
  change: Change | undefined,
  wave: Pick<Wave, 'looksSeconds'>,
  nowMs: number,
): MemberState => {
  if (change === undefined) return 'bad';
  const look = change.measurements.at(-1);
  if (look?.outcome === 'worse') return 'bad';
  switch (change.state) {
    case 'proposed':
      return 'waiting';
    case 'approved':
      return nowMs - (change.approvals.at(-1)?.atMs ?? nowMs) > REACH_MS_MAX ? 'bad' : 'under way';
    case 'applying':
      return 'under way';
    case 'applied':
      if (look === undefined) return 'under way';
      if (look.outcome !== 'unknown') return 'looked at';
      return look.afterSeconds >= lastLook(wave) ? 'bad' : 'under way';
    case 'verified':
    case 'confirmed':
      return 'good';
    default:
      return 'bad';
  }
};

/** Why a wave does not go on over this host. */
const troubleOf = (change: Change | undefined): string => {
  if (change === undefined) return 'its change is gone';
  if (change.measurements.at(-1)?.outcome === 'worse') return 'it got worse';
  switch (change.state) {
    case 'approved':
      return 'it could not be asked';
    case 'applied':
      return 'it could not be verified';
    case 'reverted':
      return `it was taken back: ${change.ending ?? ''}`;
    case 'stale':
    case 'failed':
      return `nothing was changed there: ${change.ending ?? ''}`;
    case 'revert-failed':
      return `its revert failed: ${change.ending ?? ''}`;
    default:
      return `its change is ${change.state} before its turn`;
  }
};

/**
 * Nothing while a batch is under way; a stop at the first bad host; the next batch when the hosts that were begun are good
 * enough: the canary always verified, later ones as the pace says.
 */
export const advanceWave = (wave: Wave, changes: ReadonlyMap<string, Change>, atMs: number): readonly WaveEvent[] => {
  const stateOf = ({ change }: WaveMember): MemberState => memberState(changes.get(change), wave, atMs);
  const about = (member: WaveMember) => ({ why: troubleOf(changes.get(member.change)), host: member.host, atMs });
  switch (wave.state) {
    case 'proposing':
      return atMs - wave.proposedAtMs > PROPOSING_MS_MAX
        ? [{ type: 'wave-denied', by: 'bot', why: 'the bot was stopped while it was proposed', atMs }]
        : [];
    case 'proposed': {
      const gone = membersOf(wave).find((member) => stateOf(member) !== 'waiting');
      if (gone !== undefined) return [{ type: 'wave-stale', ...about(gone) }];
      return atMs >= wave.expiresAtMs ? [{ type: 'wave-expired', atMs }] : [];
    }
    case 'running': {
      const begun = begunOf(wave);
      const waiting = wave.batches.slice(wave.begun).flat();
      // A host of a later batch whose change moved without the wave is not what was approved.
      const bad =
        begun.find((member) => stateOf(member) === 'bad') ?? waiting.find((member) => stateOf(member) !== 'waiting');
      if (bad !== undefined) return [{ type: 'wave-stopped', by: 'bot', ...about(bad) }];
      const [canary] = wave.batches;
      const enough = (member: WaveMember): boolean => {
        const state = stateOf(member);
        const mayGoOn = wave.pace === 'first-look' && waiting.length > 0 && canary?.includes(member) === false;
        return state === 'good' || (mayGoOn && state === 'looked at');
      };
      if (!begun.every(enough)) return [];
      return waiting.length === 0 ? [{ type: 'wave-done', atMs }] : [{ type: 'batch-begun', batch: wave.begun, atMs }];
    }
    default:
      return [];
  }
};

/** Members whose change should be approved by now and is not: those of begun batches. Also after a restart in between. */
export const toBegin = (wave: Wave, changes: ReadonlyMap<string, Change>): readonly WaveMember[] =>
  wave.state === 'running' ? begunOf(wave).filter(({ change }) => changes.get(change)?.state === 'proposed') : [];

/** Members that will never have their turn: their proposals are withdrawn, so that the hosts are free again. */
export const toWithdraw = (wave: Wave, changes: ReadonlyMap<string, Change>): readonly WaveMember[] =>
  isOver(wave)
    ? membersOf(wave).filter(({ change }) => ['proposed', 'approved'].includes(changes.get(change)?.state ?? ''))
    : [];

export const isInForce = (change: Change | undefined): change is Change =>
  change?.state === 'applied' || change?.state === 'verified';

/** Members in force that somebody wants taken back, and that are not being taken back yet. */
export const toRevert = (wave: Wave, changes: ReadonlyMap<string, Change>): readonly WaveMember[] =>
  wave.reverting === undefined
    ? []
    : begunOf(wave).filter(({ change: id }) => {
        const change = changes.get(id);
        return isInForce(change) && change.underway?.step !== 'revert';
      });

/**
 * Members that a confirmation of the whole means: in force, not worse, no step under way.
 * @param batches those that the message showed as begun when it was clicked: what came later was not seen
 */
export const toConfirm = (wave: Wave, changes: ReadonlyMap<string, Change>, batches: number): readonly WaveMember[] =>
  wave.batches
    .slice(0, Math.min(batches, wave.begun))
    .flat()
    .filter(({ change: id }) => {
      const change = changes.get(id);
      return isInForce(change) && change.underway === undefined && change.measurements.at(-1)?.outcome !== 'worse';
    });

/** Nothing of it can move any more. */
export const isSettled = (wave: Wave, changes: ReadonlyMap<string, Change>): boolean =>
  isOver(wave) &&
  membersOf(wave).every(({ change: id }) => {
    const change = changes.get(id);
    return change === undefined || isEnded(change.state);
  });
