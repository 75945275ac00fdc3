/**
 * Whether a watch may go on: whoever asked for it is still served and may still see the host there. Policy, accounts, user groups
 * and who reads along in a channel change while a message is kept current.
 */
import type { Caller, Standing } from '../core/caller.js';
import type { Host } from '../core/inventory.js';
import type { Subject } from '../core/policy.js';
import type { Watch } from '../core/watch.js';
import type { People } from '../ports/people.js';
import type { Allow } from './desk-access.js';

export type WatchRight =
  | { kind: 'may' }
  | { kind: 'may-not'; why: string }
  /** the bot is no longer in the channel */
  | { kind: 'lost' }
  /** could not be found out */
  | { kind: 'unknown' };

export interface WatchRightParts {
  people: People;
  allow: Allow;
  subjectOf: (caller: Caller) => Promise<Subject>;
  maySee: (caller: Caller, host: Host, subject: Subject) => boolean;
}

const WAY_MS = 5_000;
const GONE = /^(channel_not_found|not_in_channel)$/;

const served = (standing: Standing, { guests }: Allow): boolean =>
  standing.kind === 'member' || (standing.kind === 'guest' && guests);

/** Asked before each look; bounded. */
export const makeWatchRight =
  (parts: WatchRightParts) =>
  async ({ by, posted }: Watch, host: Host): Promise<WatchRight> => {
    const { allow, people } = parts;
    const caller: Caller = { ...by, channel: posted.channel };
    const asked = async (): Promise<WatchRight> => {
      const [standing, shared, subject] = await Promise.all([
        people.standing(by),
        allow.sharedChannels ? { shared: false } : people.sharedOutside(posted.channel),
        parts.subjectOf(caller),
      ]);
      if (standing.kind === 'unknown') return { kind: 'unknown' };
      if (!served(standing, allow)) return { kind: 'may-not', why: 'their account is no longer served' };
      if ('unknown' in shared) return { kind: GONE.test(shared.unknown) ? 'lost' : 'unknown' };
      if (shared.shared) return { kind: 'may-not', why: 'the channel is shared with another organisation now' };
      if (parts.maySee(caller, host, subject)) return { kind: 'may' };
      return { kind: 'may-not', why: 'the policy no longer allows it' };
    };
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<WatchRight>((resolve) => {
      timer = setTimeout(() => resolve({ kind: 'unknown' }), WAY_MS);
    });
    return Promise.race([asked(), late]).finally(() => clearTimeout(timer));
  };
