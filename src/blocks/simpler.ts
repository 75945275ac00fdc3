/**
 * The same message in section, context, actions and table blocks alone, sent when Slack answers `invalid_blocks` to a newer
 * block. Nothing foreign may come alive on the way: rich text becomes plain text, never mrkdwn.
 */
import type { RichTextBlock, SectionBlock, TableBlock } from '@slack/types';
import { cut } from './escape.js';
import type { AnyBlock, DataVisualizationBlock } from './message.js';

const SECTION_CHARACTERS_MAX = 3_000;

const section = (text: string): SectionBlock => ({
  type: 'section',
  text: { type: 'plain_text', text: cut(text, SECTION_CHARACTERS_MAX), emoji: false },
});

/** Cut at the end of a line or between words, into as many sections as it takes: what is approved is never cut short. */
const sections = (text: string): SectionBlock[] => {
  const all: SectionBlock[] = [];
  for (let rest = text; rest !== ''; ) {
    const piece = rest.length <= SECTION_CHARACTERS_MAX ? rest : headOf(rest);
    all.push(section(piece));
    rest = rest.slice(piece.length).replace(/^\s+/, '');
  }
  return all;
};

const headOf = (text: string): string => {
  const head = text.slice(0, SECTION_CHARACTERS_MAX);
  const end = Math.max(head.lastIndexOf('\n'), head.lastIndexOf(', ') + 1, head.lastIndexOf(' '));
  return end > SECTION_CHARACTERS_MAX / 2 ? head.slice(0, end) : head.replace(/[\uD800-\uDBFF]$/, '');
};

/** What a reader sees of rich text, without its styles. Moments as UTC. */
export const plainOf = (block: RichTextBlock): string => block.elements.map(plainOfElement).join('\n');

const plainOfElement = (element: RichTextBlock['elements'][number]): string =>
  element.type === 'rich_text_list'
    ? element.elements.map((item) => `• ${plainOfElement(item)}`).join('\n')
    : element.elements
        .map((piece) => {
          if (piece.type === 'text') return piece.text;
          if (piece.type === 'date') return piece.fallback ?? '';
          if (piece.type === 'user') return `(person ${piece.user_id})`;
          if (piece.type === 'link') return piece.text ?? piece.url;
          return '';
        })
        .join('');

const chartInWords = (block: DataVisualizationBlock): string => {
  const chart = block.chart;
  const said =
    chart.type === 'pie'
      ? chart.segments.map((segment) => `${segment.label} ${segment.value}`).join(', ')
      : chart.series
          .map((series) => `${series.name}: ${series.data.map((point) => `${point.label} ${point.value}`).join(', ')}`)
          .join('; ');
  return `${block.title}: ${said}`;
};

const tableOf = (rows: TableBlock['rows']): TableBlock => ({
  type: 'table',
  rows: rows.slice(0, 100),
  column_settings: (rows[0] ?? []).slice(0, 20).map((_, column) => ({
    align: rows[1]?.[column]?.type === 'raw_number' ? ('right' as const) : ('left' as const),
    is_wrapped: true,
  })),
});

export const simpler = (blocks: readonly AnyBlock[]): readonly AnyBlock[] =>
  blocks.flatMap((block): readonly AnyBlock[] => {
    switch (block.type) {
      case 'header':
        return [section(block.text.text)];
      case 'rich_text':
        return sections(plainOf(block) || '-');
      case 'container':
        return [section(`${block.title?.text ?? ''}:`), ...simpler(block.child_blocks)];
      case 'data_table':
        return [section(block.caption), tableOf(block.rows)];
      case 'data_visualization':
        return [section(chartInWords(block as DataVisualizationBlock))];
      case 'divider':
        return [];
      default:
        return [block];
    }
  });
