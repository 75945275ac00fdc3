/** The course of a wave: what its hosts' changes are now → what happens next. Pure. */
import { type Change, isEnded } from './change.js';
import { begunOf, isOver, membersOf, type Wave, type WaveEvent, type WaveMember } from './wave.js';

/** A host that can't be asked at its turn, or of which nothing is known, holds up a wave for so long, then stops it. */
const REACH_MS_MAX = 60_000;
/** A process that died while it wrote the hosts' changes is not waited for longer. */
const PROPOSING_MS_MAX = 120_000;

/**
 * Where a host stands in its wave. `looked at`: once, and not worse; `good`: nothing more is waited for; `bad`: the wave does not
 * go on over it, and why.
 */
export type Standing = { is: 'waiting' | 'under way' | 'looked at' | 'good' } | { is: 'bad'; why: string };

type Course = Pick<Wave, 'looksSeconds' | 'pace' | 'batches' | 'begun'>;

const bad = (why: string): Standing => ({ is: 'bad', why });

const lastLook = ({ looksSeconds }: Course): number => looksSeconds.at(-1) ?? 0;

/** Whether a host was looked at as the pace promises before others follow it: the canary at all looks, whatever the pace. */
const wasLookedAt = ({ id, measurements }: Change, course: Course): boolean => {
  const look = measurements.at(-1);
  if (look === undefined || look.outcome === 'unknown' || look.outcome === 'worse') return false;
  const isCanary = course.batches[0]?.some(({ change }) => change === id) === true;
  return (course.pace === 'first-look' && !isCanary) || look.afterSeconds >= lastLook(course);
};

const inForceStanding = (change: Change, course: Course, nowMs: number): Standing => {
  const { held, underway, windowEndsAtMs, measurements, state } = change;
  if (held !== undefined) return bad('it is to take its values back, and can not yet');
  if (underway?.step === 'revert') return bad('it is being taken back');
  if (windowEndsAtMs !== undefined && nowMs >= windowEndsAtMs)
    return underway === undefined ? bad('nobody confirmed it in time') : { is: 'under way' };
  if (state === 'verified') return { is: 'good' };
  const look = measurements.at(-1);
  if (look === undefined) return { is: 'under way' };
  if (look.outcome !== 'unknown') return { is: 'looked at' };
  return look.afterSeconds >= lastLook(course) ? bad('it could not be verified') : { is: 'under way' };
};

export const standingOf = (change: Change | undefined, course: Course, nowMs: number): Standing => {
  if (change === undefined) return bad('its change is gone');
  if (change.measurements.at(-1)?.outcome === 'worse') return bad('it got worse');
  const { underway, state, ending = '' } = change;
  if (underway !== undefined && underway.step !== 'revert' && nowMs > underway.notAfterMs + REACH_MS_MAX)
    return bad(`it was sent the ${underway.step === 'apply' ? 'values' : 'confirmation'}, and gives no answer since`);
  switch (state) {
    case 'proposed':
      return { is: 'waiting' };
    case 'approved':
      return nowMs - (change.approvals.at(-1)?.atMs ?? nowMs) > REACH_MS_MAX
        ? bad('it could not be asked')
        : { is: 'under way' };
    case 'applying':
      return { is: 'under way' };
    case 'applied':
    case 'verified':
      return inForceStanding(change, course, nowMs);
    case 'confirmed':
      // Nobody looks at it any more: that it was kept says nothing about the hosts that would follow.
      return course.begun < course.batches.length && !wasLookedAt(change, course)
        ? bad('it was confirmed before it was verified')
        : { is: 'good' };
    case 'reverted':
      return bad(`it was taken back: ${ending}`);
    case 'stale':
    case 'failed':
      return bad(`nothing was changed there: ${ending}`);
    case 'revert-failed':
      return bad(`its revert failed: ${ending}`);
    default:
      return bad(`its change is ${state} before its turn`);
  }
};

/**
 * Nothing while a batch is under way; a stop at the first bad host; the next batch when the hosts that were begun are good
 * enough: the canary always verified, later ones as the pace says.
 */
export const advanceWave = (wave: Wave, changes: ReadonlyMap<string, Change>, atMs: number): readonly WaveEvent[] => {
  const standing = ({ change }: WaveMember): Standing => standingOf(changes.get(change), wave, atMs);
  const about = (member: WaveMember) => {
    const found = standing(member);
    const why =
      found.is === 'bad' ? found.why : `its change is ${changes.get(member.change)?.state ?? 'gone'} before its turn`;
    return { why, host: member.host, atMs };
  };
  switch (wave.state) {
    case 'proposing':
      return atMs - wave.proposedAtMs > PROPOSING_MS_MAX
        ? [{ type: 'wave-denied', by: 'bot', why: 'the bot was stopped while it was proposed', atMs }]
        : [];
    case 'proposed': {
      const gone = membersOf(wave).find((member) => standing(member).is !== 'waiting');
      if (gone !== undefined) return [{ type: 'wave-stale', ...about(gone) }];
      return atMs >= wave.expiresAtMs ? [{ type: 'wave-expired', atMs }] : [];
    }
    case 'running': {
      const begun = begunOf(wave);
      const waiting = wave.batches.slice(wave.begun).flat();
      // A host of a later batch whose change moved without the wave is not what was approved.
      const stops =
        begun.find((member) => standing(member).is === 'bad') ??
        waiting.find((member) => standing(member).is !== 'waiting');
      if (stops !== undefined) return [{ type: 'wave-stopped', by: 'bot', ...about(stops) }];
      // Its approval could not be checked, or the store takes nothing: no other host is begun meanwhile, and not without end.
      const idle = begun.find((member) => standing(member).is === 'waiting');
      if (idle !== undefined && atMs - (wave.begunAtMs ?? atMs) > REACH_MS_MAX)
        return [{ type: 'wave-stopped', by: 'bot', host: idle.host, why: 'its approval could not be given', atMs }];
      const [canary] = wave.batches;
      const enough = (member: WaveMember): boolean => {
        const { is } = standing(member);
        const mayGoOn = wave.pace === 'first-look' && waiting.length > 0 && canary?.includes(member) === false;
        return is === 'good' || (mayGoOn && is === 'looked at');
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
        return isInForce(change) && change.underway?.step !== 'revert' && change.held === undefined;
      });

/** In force, and neither being confirmed nor taken back: somebody may still do either. */
export const isOpen = (change: Change | undefined): change is Change =>
  isInForce(change) && change.underway === undefined && change.held === undefined;

/**
 * Members that a confirmation of the whole means: looked at as the pace promises (once, where no other host follows any more),
 * and not worse. What nobody has looked at is confirmed host by host.
 * @param batches those that the message showed as begun when it was clicked: what came later was not seen
 */
export const toConfirm = (wave: Wave, changes: ReadonlyMap<string, Change>, batches: number): readonly WaveMember[] =>
  wave.batches
    .slice(0, Math.min(batches, wave.begun))
    .flat()
    .filter(({ change: id }) => {
      const change = changes.get(id);
      if (!isOpen(change)) return false;
      const outcome = change.measurements.at(-1)?.outcome;
      const looked = outcome === 'better' || outcome === 'same';
      return looked && (isOver(wave) || wasLookedAt(change, wave));
    });

/** Nothing of it can move any more. */
export const isSettled = (wave: Wave, changes: ReadonlyMap<string, Change>): boolean =>
  isOver(wave) &&
  membersOf(wave).every(({ change: id }) => {
    const change = changes.get(id);
    return change === undefined || isEnded(change.state);
  });
