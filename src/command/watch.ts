/** Watching from a command: `--watch 10m`, the Watch button, and Stop. */
import { decodeRef } from '../blocks/actions.js';
import { problemMessage, refusalMessage } from '../blocks/notices.js';
import { watchMessage, watchOpening } from '../blocks/watch.js';
import type { AnswerOptions, Desk } from '../command.js';
import type { Host } from '../core/inventory.js';
import { WATCH_LIMITS, type Watch } from '../core/watch.js';
import type { Posted } from '../ports/chat.js';
import type { Click } from '../ports/inbox.js';
import { hostOfClick } from './host.js';

/** What one person may do with watches. */
export interface WatchDesk {
  /** why no further watch may begin; undefined: it may */
  refusal(host: Host): Promise<string | undefined>;
  /** the first look, not kept yet */
  look(host: Host, durationMs: number, cancelled: AbortSignal): Promise<Watch>;
  /** From now on the message is kept current, over restarts too. */
  begin(watch: Watch, posted: Posted): Promise<void>;
  /** @returns false where it had ended before */
  stop(id: string): Promise<boolean>;
}

const noStore = () =>
  problemMessage({
    what: 'Nothing can be watched: the bot has no place to keep watches.',
    next: 'Ask an operator to look at the log.',
  });

/** One message, kept current until the time is over. */
export const watch = async (desk: Desk, host: Host, durationMs: number, options: AnswerOptions = {}): Promise<void> => {
  const { watches } = desk;
  if (watches === undefined) return desk.whisper(noStore());
  const refused = await watches.refusal(host);
  if (refused !== undefined)
    return desk.whisper(
      refusalMessage({ what: `Watching ${host.name}`, why: refused, who: 'stop one with its button “Stop watching”' }),
    );
  let begun: Watch | undefined;
  let calledOff: AbortSignal | undefined;
  const posted = await desk.answer(
    watchOpening({ host: host.name, by: desk.caller, endsMs: desk.now() + durationMs }),
    async (_show, cancelled) => {
      calledOff = cancelled;
      begun = await watches.look(host, durationMs, cancelled);
      return watchMessage(begun);
    },
    options,
  );
  if (begun === undefined || calledOff?.aborted === true) return;
  if (posted !== undefined) return watches.begin(begun, posted);
  await desk.whisper(
    problemMessage({
      what: `${host.name} can't be watched here: only a message that stands in the channel can be kept current.`,
      safe: 'It was measured once.',
      next: 'Invite the bot with /invite @tcpstates, or ask in a direct message with it.',
    }),
  );
};

export const watchClicked = async (desk: Desk, click: Click): Promise<void> => {
  const on = await hostOfClick(desk, click);
  if (on === undefined) return;
  await watch(desk, on.host, WATCH_LIMITS.durationMs, {
    at: 'thread',
    again: { command: 'tcpstates', text: `${on.host.name} --watch 10m` },
  });
};

export const stopWatchClicked = async (desk: Desk, click: Click): Promise<void> => {
  const on = await hostOfClick(desk, click);
  if (on === undefined) return;
  const id = decodeRef(click.value)?.watch;
  const stopped = id !== undefined && (await desk.watches?.stop(id)) === true;
  if (!stopped)
    await desk.whisper(
      problemMessage({ what: `The watch on ${on.host.name} has ended already.`, safe: 'Nothing was done.' }),
    );
};

/** Whoever sees that a measurement is waited for may call it off. */
export const cancelClicked = async (desk: Desk, { at }: Click): Promise<void> => {
  if (at.kind === 'message' && desk.cancel(at.posted)) return;
  await desk.whisper(problemMessage({ what: 'Nobody waits for this any more.', safe: 'Nothing was done.' }));
};
