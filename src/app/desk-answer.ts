/**
 * Keeps one promise: the message that says "measuring" becomes the answer, or says why not. Posting and working go on side by
 * side; where the channel can't be written to, the asker gets the answer alone.
 */

import { paragraph } from '../blocks/elements.js';
import type { Message } from '../blocks/message.js';
import { problemMessage } from '../blocks/notices.js';
import type { AnswerOptions } from '../command.js';
import { type Chat, ChatError, type Place, type Posted, type ResponseUrl } from '../ports/chat.js';
import type { Clock } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import { type Cancel, newCancel, type Waiting } from './desk-waiting.js';

/** A private answer that is ready by then comes alone; a slower one is announced first. Whispers can't be updated. */
const QUIET_MS = 1_500;

export interface AnswerContext {
  chat: Chat;
  clock: Clock;
  log: Log;
  /** the program stops: what is not ready now is handed back */
  stopping: AbortSignal;
  user: string;
  place: Place;
  responseUrl?: ResponseUrl;
  /** the message whose button was clicked */
  clicked?: { posted: Posted; whispered: boolean };
  /** the message of an earlier run of the program that still says "measuring" */
  left?: Posted;
  waiting?: Waiting;
  /** called once the message stands that must not be left behind */
  stands: (posted: Posted) => void;
}

export type Work = (show: (progress: Message) => void, cancelled: AbortSignal) => Promise<Message>;

const failedInside = (logId: string): Message =>
  problemMessage({
    what: 'This could not be answered: something failed inside the bot.',
    safe: 'Nothing was changed on any host.',
    next: 'Ask again; if it stays, show the log to the maintainer.',
    logId,
  });

const stopped = (): Message =>
  problemMessage({
    what: 'The bot was stopped before this was answered.',
    safe: 'Nothing was changed on any host.',
    next: 'It is asked again when the bot is back; or ask again yourself.',
  });

const cancelledBy = (user: string): Message => {
  const message = problemMessage({
    what: 'Called off before it was answered.',
    safe: 'Nothing was changed on any host.',
    next: 'Ask again when it is wanted.',
  });
  return { ...message, blocks: [...message.blocks, paragraph('Called off by ', { user })] };
};

/** Work's result whatever happens: what it throws becomes a message, and so does the end of the program. */
const resultOf = async (
  { clock, log, stopping }: AnswerContext,
  logId: string,
  work: Work,
  show: (it: Message) => void,
  cancel: Cancel,
): Promise<Message> => {
  let say = (): void => undefined;
  const over = new Promise<Message>((resolve) => {
    // What is stopped politely says so itself within this time.
    say = () => void clock.sleep(1_000).then(() => resolve(stopped()));
    if (stopping.aborted) say();
    else stopping.addEventListener('abort', say, { once: true });
  });
  const done = work(show, cancel.signal).catch((error: unknown) => {
    log.error({ delivery: logId, err: error }, 'an answer failed');
    return failedInside(logId);
  });
  const off = cancel.by.then(cancelledBy);
  return Promise.race([done, over, off]).finally(() => stopping.removeEventListener('abort', say));
};

const elsewhere = (problem: ChatError['problem']): boolean =>
  problem === 'not-in-channel' || problem === 'archived' || problem === 'not-allowed';

const answerPrivately = async (
  context: AnswerContext,
  opening: Message,
  result: Promise<Message>,
  here: boolean,
): Promise<undefined> => {
  const { chat, place, responseUrl, user } = context;
  const to = { ...place, user, ...(responseUrl === undefined ? {} : { responseUrl }) };
  if (here && responseUrl !== undefined) {
    const replaced = chat.replace(responseUrl, opening).catch(() => undefined);
    const message = await result;
    await replaced;
    await chat.replace(responseUrl, message).catch(() => chat.whisper(to, message));
    return;
  }
  const first = await Promise.race([result, context.clock.sleep(QUIET_MS)]);
  if (first === undefined) await chat.whisper(to, opening).catch(() => undefined);
  await chat.whisper(to, first ?? (await result));
  return;
};

/** @returns where the answer stands; undefined for a private one. Rejects with a ChatError where nobody could be told. */
export const answer = async (
  context: AnswerContext,
  logId: string,
  opening: Message,
  work: Work,
  options: AnswerOptions = {},
): Promise<Posted | undefined> => {
  const { chat, clicked, left, log, place, responseUrl, stands, user } = context;
  const here = options.at === 'here' && clicked !== undefined;

  if (options.private === true || (here && clicked.whispered)) {
    const result = resultOf(context, logId, work, () => undefined, newCancel());
    return answerPrivately(context, opening, result, here);
  }

  let posted = here ? clicked.posted : left;
  let progress: Message | undefined;
  const show = (message: Message): void => {
    if (cancel.signal.aborted) return;
    progress = message;
    if (posted !== undefined) chat.update(posted, message).catch(() => undefined);
  };
  const cancel = newCancel();
  const result = resultOf(context, logId, work, show, cancel);
  const waitsAt = (at: Posted): void => {
    stands(at);
    context.waiting?.add(at, cancel, result);
  };

  const target =
    options.at === 'thread' && clicked !== undefined
      ? { channel: place.channel, threadTs: place.threadTs ?? clicked.posted.ts }
      : place;
  let problem: ChatError | undefined;
  try {
    if (posted === undefined) posted = await chat.post(target, opening);
    else {
      waitsAt(posted);
      await chat.update(posted, opening);
    }
    waitsAt(posted);
    if (progress !== undefined) show(progress);
  } catch (error) {
    problem = error instanceof ChatError ? error : new ChatError('refused', 'unexpected', { cause: error });
    log.warn({ channel: place.channel, problem: problem.problem, status: problem.code }, 'the first word of an answer');
    if (problem.problem === 'message-gone') posted = undefined;
  }

  if (problem !== undefined && elsewhere(problem.problem)) {
    const to = { ...place, user, ...(responseUrl === undefined ? {} : { responseUrl }) };
    await chat.whisper(
      to,
      problemMessage({
        what: `The bot can't write in this channel (${problem.code}); the answer comes to you alone.`,
        next:
          problem.problem === 'archived'
            ? 'Unarchive the channel, or ask in another one.'
            : 'Invite it with /invite @tcpstates to have answers in the channel.',
      }),
    );
    await chat.whisper(to, await result);
    return undefined;
  }

  const message = await result;
  // Nothing was to be waited for: it stands already.
  if (posted !== undefined && message === opening) return posted;
  if (posted !== undefined) {
    try {
      await chat.update(posted, message);
      return posted;
    } catch (error) {
      // Somebody deleted it: the answer is owed all the same.
      if (!(error instanceof ChatError && error.problem === 'message-gone')) throw error;
    }
  }
  return chat.post(target, message);
};
