/** What is said where a question is not answered: the bot was stopped, is too busy, too old, or broken. */
import type { Message } from './message.js';
import { problemMessage } from './notices.js';

/** who asked too often, the limit a minute, and after how many seconds there is room again */
export interface TurnedAway {
  who: 'person' | 'channel';
  limit: number;
  waitSeconds: number;
}

export const tooLate = (command: string, text: string): Message =>
  problemMessage({
    what: 'The bot was stopped before this was answered.',
    safe: 'Nothing was changed on any host.',
    next: `Ask again: /${command} ${text}`.trim(),
  });

export const slipped = (word: string, near: string, rest: string): Message =>
  problemMessage({
    what: `There is no command “${word.slice(0, 40)}”.`,
    safe: 'Nothing was asked of any host.',
    next: `Did you mean: ${near} ${rest.slice(0, 100)}`,
  });

export const outdated = (): Message =>
  problemMessage({
    what: 'This belongs to an older version of the bot, which no longer knows what to do with it.',
    safe: 'Nothing was done.',
    next: 'Ask anew, e.g. with /tcpstates <host>.',
  });

export const flooded = ({ who, limit, waitSeconds }: TurnedAway): Message =>
  problemMessage({
    what:
      who === 'person'
        ? `You have asked more than ${limit} times a minute; this one is not answered.`
        : `More than ${limit} questions a minute were asked in this channel; this one is not answered.`,
    safe: 'Nothing was asked of any host for it.',
    next: `Ask again in ${waitSeconds} s. One command can name many hosts: /tcpstates @web.`,
  });

/** A dialog can be opened within 3 s of the click, and Slack or the way took longer. */
export const dialogTooLate = (): Message =>
  problemMessage({
    what: 'Your click arrived too late for its dialog: Slack gives 3 s.',
    safe: 'Nothing was done.',
    next: 'Click again.',
  });

export const busy = (): Message =>
  problemMessage({
    what: 'Too many questions at once, or the bot is about to restart.',
    safe: 'Nothing was asked of any host.',
    next: 'Ask again in half a minute.',
  });

export const failed = (logId: string): Message =>
  problemMessage({
    what: 'This could not be done: something failed inside the bot.',
    safe: 'Nothing was changed on any host.',
    next: 'Ask again; if it stays, show the log to the maintainer.',
    logId,
  });
