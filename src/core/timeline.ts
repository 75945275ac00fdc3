/** The story of an incident as Markdown, fit for a review document: times in UTC, a host's words without effect. */
import type { AuditEntry } from './audit.js';
import { repeatedInWords, type Timeline, type TimelineRow, timelineOf } from './timeline-rows.js';

export interface TimelineMarkdownOptions {
  /** the heading; default `Timeline` */
  title?: string;
  /** what was asked for, said below the heading, e.g. `since 3 h, channel #incident-7` */
  scope?: string;
  /** rows at the most; the newest stay. Default 2000 */
  most?: number;
}

/**
 * Nothing foreign may become a link (also by its address alone), an image, a table's edge, HTML, a heading or a list. Only what
 * CommonMark, or GitHub's tables, strikethrough and formulas, would turn into something is escaped: people read the file as it is.
 */
const escaped = (text: string): string =>
  text
    .replaceAll('://', ': //')
    .replaceAll('@', '(at)')
    .replace(/[\\`*[<|~$]/g, '\\$&')
    // Within a word it is no emphasis: net.netfilter.nf_conntrack_max
    .replace(/(?<![\p{L}\p{N}])_+|_+(?![\p{L}\p{N}])/gu, (run) => run.replaceAll('_', '\\_'))
    .replace(/&(?=#?\w{1,40};)/g, '&amp;')
    .replace(/\bwww\./gi, (www) => `${www.slice(0, 3)}\\.`)
    .replace(/^[-+=#>]/, '\\$&')
    .replace(/^(\d+)([.)])/, '$1\\$2');

const time = (ms: number): string => new Date(ms).toISOString().slice(11, 19);
const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** A document names the change before the sentence: "change c1: is in force" needs no second subject. */
const subjectOf = ({ actor, subject }: TimelineRow): string => (subject === 'actor' ? `${escaped(actor)} ` : '');

const line = (row: TimelineRow): string => {
  const { atMs, untilMs, host, change, what, details } = row;
  const span =
    untilMs === undefined
      ? time(atMs)
      : `${time(atMs)} to ${day(untilMs) === day(atMs) ? '' : `${day(untilMs)} `}${time(untilMs)}`;
  const about = [
    ...(host === undefined || host === '' ? [] : [`**${escaped(host)}**`]),
    ...(change === undefined || change === '' ? [] : [`change ${escaped(change)}`]),
  ].join(', ');
  const repeated = repeatedInWords(row);
  const head = `- \`${span}\` ${about === '' ? '' : `${about}: `}${subjectOf(row)}${escaped(what)}${repeated}`;
  return [head, ...details.map((detail) => `  - ${escaped(detail)}`)].join('\n');
};

const counted = (rows: readonly TimelineRow[], wanted: (row: TimelineRow) => boolean): number =>
  rows.filter(wanted).reduce((sum, { times }) => sum + times, 0);

const summary = ({ rows, hosts, people, entries, omitted, fromMs, untilMs }: Timeline): string[] => {
  const measured = counted(rows, ({ kind }) => kind === 'measurement' || kind === 'finding');
  const changes = [...new Set(rows.flatMap(({ change }) => (change === undefined ? [] : [change])))];
  const named = (all: readonly string[]): string =>
    all.length === 0
      ? 'none'
      : `${all.slice(0, 30).map(escaped).join(', ')}${all.length > 30 ? ` and ${all.length - 30} more` : ''}`;
  return [
    `- From ${day(fromMs)} ${time(fromMs)} to ${day(untilMs)} ${time(untilMs)}, all times UTC`,
    `- Hosts: ${named(hosts)}`,
    `- People: ${named(people)}`,
    `- Measurements: ${measured}; changes: ${changes.length}; entries of the audit log: ${entries}${rows[0] === undefined ? '' : ` (${rows[0].seq} to ${rows.reduce((last, row) => Math.max(last, row.lastSeq), 0)})`}`,
    ...(omitted > 0 ? [`- The ${omitted} oldest rows are left out: ask for a shorter time to see them`] : []),
  ];
};

/**
 * @param entries of the audit log in order of their numbers
 * @returns Markdown (CommonMark), ending in a line end; says so where nothing happened
 */
export const timelineMarkdown = (entries: Iterable<AuditEntry>, options: TimelineMarkdownOptions = {}): string => {
  const timeline = timelineOf(entries, { most: options.most ?? 2_000 });
  const out = [`# ${escaped(options.title ?? 'Timeline')}`, ''];
  if (options.scope !== undefined) out.push(`${escaped(options.scope)}`, '');
  if (timeline.rows.length === 0) return `${[...out, 'Nothing was recorded in this time.'].join('\n')}\n`;
  out.push(...summary(timeline));
  let today = '';
  for (const row of timeline.rows) {
    if (day(row.atMs) !== today) {
      today = day(row.atMs);
      out.push('', `## ${today}`, '');
    }
    out.push(line(row));
  }
  return `${out.join('\n')}\n`;
};
