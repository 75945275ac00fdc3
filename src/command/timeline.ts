/** `/changes timeline [--since 3h] [--channel]`: the story so far, as a message and as Markdown in a file. */
import { decodeRef } from '../blocks/actions.js';
import { problemMessage } from '../blocks/notices.js';
import { timelineMessage } from '../blocks/timeline.js';
import { waitingMessage } from '../blocks/waiting.js';
import type { ClickHandler, Desk, Parsed } from '../command.js';
import type { AuditEntry } from '../core/audit.js';
import { readCommandLine } from '../core/command-line.js';
import { readSpan } from '../core/span.js';
import { timelineMarkdown } from '../core/timeline.js';
import { timelineOf } from '../core/timeline-rows.js';

export interface TimelineArgs {
  sinceSeconds: number;
  /** what happened in this channel alone */
  channel: boolean;
  host?: string;
}

/** Reads the log for one person: entries about hosts that they may not see are left out. */
export interface StoryDesk {
  read(filter: {
    sinceMs: number;
    channel?: string;
    host?: string;
  }): Promise<{ entries: readonly AuditEntry[]; cut: boolean }>;
}

const SINCE_SECONDS = 3 * 3_600;
const SINCE_MAX_SECONDS = 30 * 86_400;

export const isTimeline = (text: string): boolean => /^\s*timeline\b/i.test(text);

export const parseTimeline = (text: string): Parsed<TimelineArgs> => {
  const line = readCommandLine(text, { flags: ['channel'], valued: ['since'] });
  if (!line.ok) return line;
  const [, host, ...more] = line.words;
  if (more.length > 0) return { ok: false, wrong: 'Name one host at the most: timeline web-1 --since 3h.' };
  const since = line.values.get('since');
  const sinceSeconds = since === undefined ? SINCE_SECONDS : readSpan(since);
  if (sinceSeconds === undefined || sinceSeconds <= 0 || sinceSeconds > SINCE_MAX_SECONDS)
    return {
      ok: false,
      wrong: `“${(since ?? '').slice(0, 40)}” is no time: write 30m, 3h or 7d, 30 days at the most.`,
    };
  return {
    ok: true,
    args: { sinceSeconds, channel: line.flags.has('channel'), ...(host === undefined ? {} : { host }) },
  };
};

const spanWords = (seconds: number): string =>
  seconds % 86_400 === 0
    ? `${seconds / 86_400} d`
    : seconds % 3_600 === 0
      ? `${seconds / 3_600} h`
      : `${Math.round(seconds / 60)} min`;

export const runTimeline = async (desk: Desk, args: TimelineArgs, posts = false): Promise<void> => {
  const { story, caller } = desk;
  if (story === undefined)
    return desk.whisper(
      problemMessage({ what: 'This bot was started without an audit log.', next: 'Ask whoever runs it.' }),
    );
  const { sinceSeconds, channel, host } = args;
  const scope = `the last ${spanWords(sinceSeconds)}${channel ? ', this channel' : ''}${host === undefined ? '' : `, ${host}`}`;
  const words = [
    `timeline`,
    ...(host === undefined ? [] : [host]),
    `--since ${sinceSeconds}s`,
    ...(channel ? ['--channel'] : []),
  ].join(' ');
  await desk.answer(
    waitingMessage({ of: 'Timeline', doing: `reading the audit log of ${scope}` }),
    async () => {
      const { entries, cut } = await story.read({
        sinceMs: desk.now() - sinceSeconds * 1_000,
        ...(channel ? { channel: caller.channel } : {}),
        ...(host === undefined ? {} : { host }),
      });
      const name = `timeline-${new Date(desk.now()).toISOString().slice(0, 16).replace(':', '')}.md`;
      // A file is for everybody: it comes with the summary that somebody chose to post.
      const file =
        posts &&
        entries.length > 0 &&
        (await desk
          .upload({
            name,
            title: `Timeline of ${scope}`,
            content: timelineMarkdown(entries, { scope: `Of ${scope}${cut ? ', cut at its oldest end' : ''}` }),
          })
          .then(
            () => true,
            () => false,
          ));
      return timelineMessage({ timeline: timelineOf(entries), scope, file, ...(posts ? {} : { words }) });
    },
    { private: !posts },
  );
};

/** What was asked in private, told to all. */
export const postTimeline: ClickHandler = async (desk, click) => {
  const words = decodeRef(click.value)?.words ?? '';
  const read = isTimeline(words) ? parseTimeline(words) : undefined;
  if (read?.ok !== true)
    return desk.whisper(
      problemMessage({
        what: 'This button points nowhere: it is from another version of the bot.',
        next: 'Ask again: /changes timeline',
      }),
    );
  await runTimeline(desk, read.args, true);
};
