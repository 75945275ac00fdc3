/** Whether somebody is served at all. Denied by default, and the refusal says why. What they may then see and do is policy's. */
import type { Message } from '../blocks/message.js';
import { problemMessage, refusalMessage } from '../blocks/notices.js';
import type { Caller, Standing } from '../core/caller.js';
import type { People } from '../ports/people.js';

export interface Allow {
  /** answer in channels where people of other organisations read along */
  sharedChannels: boolean;
  guests: boolean;
}

const WHY: Readonly<Record<'guest' | 'external' | 'deleted' | 'bot', string>> = {
  guest: 'Guests of this workspace are not served.',
  external: 'Only members of the home workspace are served, not those of connected organisations.',
  deleted: 'This account is deactivated.',
  bot: 'Only people are served, no apps.',
};

const notFoundOut = (reason: string): Message =>
  problemMessage({
    what: `Slack did not say who you are (${reason}), so nothing was asked of any host.`,
    safe: 'Nothing was changed.',
    next: 'Try again in a moment. If it stays, the app may lack the scope users:read.',
  });

const refusalOf = (standing: Standing, allow: Allow): Message | undefined => {
  if (standing.kind === 'member' || (standing.kind === 'guest' && allow.guests)) return undefined;
  if (standing.kind === 'unknown') return notFoundOut(standing.reason);
  return refusalMessage({ what: 'tcpstates', why: WHY[standing.kind], who: 'members of this workspace' });
};

/** @returns what to tell who is refused; undefined for those who are served */
export const refuseEntry = async (people: People, caller: Caller, allow: Allow): Promise<Message | undefined> => {
  const [standing, channel] = await Promise.all([
    people.standing(caller),
    // A place that is a person is the direct message with them.
    allow.sharedChannels || /^[UWD]/.test(caller.channel)
      ? Promise.resolve({ shared: false })
      : people.sharedOutside(caller.channel),
  ]);
  const refused = refusalOf(standing, allow);
  if (refused !== undefined) return refused;
  if ('unknown' in channel)
    return problemMessage({
      what: `The bot can't see this channel (${channel.unknown}), so it can't tell who would read the answer.`,
      safe: 'Nothing was asked of any host.',
      next: 'Invite it with /invite @tcpstates and ask again, or ask in a direct message with it.',
    });
  if (channel.shared)
    return refusalMessage({
      what: 'An answer in this channel',
      why: 'It is shared with another organisation, whose people would read it.',
      who: 'ask in a channel of your own; an operator can allow it with TCPSTATES_SHARED_CHANNELS=1',
    });
  return undefined;
};
