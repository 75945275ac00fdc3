/** The few Block Kit pieces that messages are made of. Foreign words pass through `clean` here, whoever called. */
import type {
  ActionsBlock,
  Button,
  ContainerBlock,
  ContextBlock,
  DataTableBlock,
  HeaderBlock,
  PlainTextElement,
  RawNumberElement,
  RawTextElement,
  RichTextBlock,
  RichTextBlockElement,
  RichTextElement,
  RichTextSection,
} from '@slack/types';
import { clean, cleanLines, escapeMrkdwn } from './escape.js';
import type { DataVisualizationBlock } from './message.js';
import { epoch, utc } from './words.js';

export const plain = (text: string, max: number): PlainTextElement => ({
  type: 'plain_text',
  text: clean(text, max) || '-',
  emoji: false,
});

export const header = (text: string): HeaderBlock => ({ type: 'header', text: plain(text, 150) });

/** A moment that Slack shows in the reader's own time zone. */
export interface Moment {
  at: string;
  /** Slack's format tokens; the time alone by default */
  format?: string;
}
/** Words of ours or a host's, a moment, a person, or a user group of the workspace. */
export type Piece =
  | string
  | { bold: string }
  | { code: string }
  | { italic: string }
  | Moment
  | { user: string }
  | { group: string };

const TIME = '{time_secs}';
/** longest piece of running text, and of a key, a name or a label: ours are shorter, so only foreign words are cut */
const TEXT_MAX = 600;
const STYLED_MAX = 250;

const element = (piece: Piece): RichTextElement | undefined => {
  if (typeof piece === 'string') {
    const text = inner(piece, TEXT_MAX);
    return text === '' ? undefined : { type: 'text', text };
  }
  if ('bold' in piece) return styled(piece.bold, { bold: true });
  if ('code' in piece) return styled(piece.code, { code: true });
  if ('italic' in piece) return styled(piece.italic, { italic: true });
  if ('user' in piece)
    return /^[UW][A-Z0-9]{1,30}$/.test(piece.user) ? { type: 'user', user_id: piece.user } : undefined;
  if ('group' in piece)
    return /^S[A-Z0-9]{1,30}$/.test(piece.group) ? { type: 'usergroup', usergroup_id: piece.group } : undefined;
  const timestamp = epoch(piece.at);
  return timestamp === 0
    ? { type: 'text', text: 'an unknown time' }
    : { type: 'date', timestamp, format: piece.format ?? TIME, fallback: utc(piece.at) };
};
const styled = (text: string, style: { bold?: true; code?: true; italic?: true }): RichTextElement | undefined => {
  const safe = inner(text, STYLED_MAX);
  return safe.trim() === '' ? undefined : { type: 'text', text: safe, style };
};
/** As `clean`, with the blanks at both ends that join it to its neighbours. */
const inner = (text: string, max: number): string => {
  const safe = clean(text, max);
  if (safe === '') return text.includes(' ') ? ' ' : '';
  return `${edge(/^ */.exec(text))}${safe}${edge(/ *$/.exec(text))}`;
};

/** at most two blanks: what parts a label from its text */
const edge = (blanks: RegExpExecArray | null): string => (blanks?.[0] ?? '').slice(0, 2);

export type Line = readonly Piece[];

/** Neighbours without style become one: every element costs a share of what a message may weigh. */
const joined = (elements: readonly RichTextElement[]): RichTextElement[] => {
  const all: RichTextElement[] = [];
  for (const next of elements) {
    const last = all.at(-1);
    if (last?.type === 'text' && next.type === 'text' && last.style === undefined && next.style === undefined)
      all[all.length - 1] = { type: 'text', text: last.text + next.text };
    else all.push(next);
  }
  return all;
};

export const sectionOf = (line: Line): RichTextSection => ({
  type: 'rich_text_section',
  elements: joined(line.map(element).filter((it) => it !== undefined)),
});
const filled = (section: RichTextSection): boolean => section.elements.length > 0;

/** Lines of text below one another: a line end closes each but the last. */
export const lines = (...all: readonly Line[]): RichTextSection => {
  const sections = all.map(sectionOf).filter(filled);
  return {
    type: 'rich_text_section',
    elements: joined(
      sections.flatMap((section, index) =>
        index < sections.length - 1 ? [...section.elements, { type: 'text' as const, text: '\n' }] : section.elements,
      ),
    ),
  };
};

export const bullets = (items: readonly Line[]): RichTextBlockElement => ({
  type: 'rich_text_list',
  style: 'bullet',
  elements: items.map(sectionOf).filter(filled),
});

export const preformatted = (text: string, max = 2500): RichTextBlockElement => ({
  type: 'rich_text_preformatted',
  elements: [{ type: 'text', text: cleanLines(text, max) || ' ' }],
});

export const rich = (...elements: readonly RichTextBlockElement[]): RichTextBlock => {
  const some = elements.filter((it) => it.elements.length > 0);
  // Slack refuses an empty one; nothing but foreign words that were all invisible ends here
  return {
    type: 'rich_text',
    elements: some.length > 0 ? some : [{ type: 'rich_text_section', elements: [{ type: 'text', text: '-' }] }],
  };
};

/** One paragraph. */
export const paragraph = (...pieces: Line): RichTextBlock => rich(sectionOf(pieces));

/** Small grey text: words and moments of ours. The one place where mrkdwn is used; everything in it is escaped. */
export const context = (...pieces: readonly (string | Moment)[]): ContextBlock => ({
  type: 'context',
  elements: [
    {
      type: 'mrkdwn',
      text:
        pieces
          .map((piece) => (typeof piece === 'string' ? quiet(inner(piece, 1500)) : dateToken(piece)))
          .join('')
          .trim() || '-',
    },
  ],
});
/** mrkdwn with neither tokens nor formatting: what would be read as bold, code, strike or a link of its own is parted. */
const quiet = (text: string): string =>
  escapeMrkdwn(
    text
      .replaceAll('`', "'")
      .replaceAll('@', '(at)')
      .replaceAll('://', ': //')
      .replaceAll('*', '∗')
      .replaceAll('~', '∼'),
  );
const dateToken = (moment: Moment): string => {
  const timestamp = epoch(moment.at);
  return timestamp === 0 ? 'an unknown time' : `<!date^${timestamp}^${moment.format ?? TIME}|${utc(moment.at)}>`;
};

export interface ButtonOptions {
  value?: string;
  style?: 'primary' | 'danger';
  confirm?: { title: string; text: string; yes: string; no: string };
  /** what a screen reader says, where the label alone is not enough */
  label?: string;
}
export const button = (actionId: string, text: string, options: ButtonOptions = {}): Button => ({
  type: 'button',
  action_id: actionId,
  text: plain(text, 75),
  ...(options.value === undefined ? {} : { value: options.value }),
  ...(options.style === undefined ? {} : { style: options.style }),
  ...(options.label === undefined ? {} : { accessibility_label: clean(options.label, 75) }),
  ...(options.confirm === undefined
    ? {}
    : {
        confirm: {
          title: plain(options.confirm.title, 100),
          text: plain(options.confirm.text, 300),
          confirm: plain(options.confirm.yes, 30),
          deny: plain(options.confirm.no, 30),
        },
      }),
});

export const actions = (buttons: readonly Button[]): ActionsBlock => ({
  type: 'actions',
  elements: buttons.slice(0, 25),
});

/** Folded detail. Children: no data_table, no chart, no card; ten at most. */
export const folded = (title: string, children: ContainerBlock['child_blocks']): ContainerBlock => ({
  type: 'container',
  title: plain(title, 150),
  is_collapsible: true,
  default_collapsed: true,
  child_blocks: children.slice(0, 10),
});

export type Cell = string | number;
const cell = (value: Cell): RawTextElement | RawNumberElement =>
  typeof value === 'number'
    ? { type: 'raw_number', value, text: numberText(value) }
    : { type: 'raw_text', text: clean(value, 300) || '-' };
const numberText = (value: number): string => value.toLocaleString('en-US');

/** @param rows 1 to 100, as wide as the head */
export const dataTable = (
  caption: string,
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  pageSize: number,
  /** the column that names the row */
  named = 0,
): DataTableBlock => ({
  type: 'data_table',
  caption: clean(caption, 150),
  page_size: Math.min(100, Math.max(1, pageSize)),
  row_header_column_index: named,
  rows: [
    head.map((name) => ({ type: 'raw_text' as const, text: clean(name, 60) })),
    ...rows.slice(0, 100).map((row) => row.map(cell)),
  ],
});

/** Bars of one series. Slack: 20 points, names of 20 characters, title and axes of 50. */
export const barChart = (
  title: string,
  series: string,
  points: readonly { label: string; value: number }[],
  axes: { x: string; y: string },
): DataVisualizationBlock => {
  const data = points.slice(0, 20).map((point) => ({ label: clean(point.label, 20), value: point.value }));
  return {
    type: 'data_visualization',
    title: clean(title, 50),
    chart: {
      type: 'bar',
      series: [{ name: clean(series, 20), data }],
      axis_config: {
        categories: data.map((point) => point.label),
        x_label: clean(axes.x, 50),
        y_label: clean(axes.y, 50),
      },
    },
  };
};
