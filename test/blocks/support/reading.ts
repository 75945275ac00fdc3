/** A message as a person reads it: plain text, folded parts marked, for golden files that can be reviewed. */
import type { RichTextBlock } from '@slack/types';
import type { AnyBlock, Message, Modal } from '../../../src/blocks/message.js';

type Loose = Record<string, unknown> & { type?: string };

const textOf = (value: unknown): string => (value as { text?: string } | undefined)?.text ?? '';

const richLines = (block: RichTextBlock): string[] =>
  block.elements.flatMap((element) => {
    const inline = (items: readonly Loose[]): string =>
      items
        .map((item) => {
          const style = (item['style'] ?? {}) as { bold?: boolean; code?: boolean };
          const text =
            item.type === 'date'
              ? `{${String(item['fallback'])}}`
              : item.type === 'user'
                ? `@${String(item['user_id'])}`
                : String(item['text'] ?? '');
          return style.bold ? `*${text}*` : style.code ? `\`${text}\`` : text;
        })
        .join('');
    if (element.type === 'rich_text_list')
      return element.elements.map((item) => `  - ${inline(item.elements as unknown as Loose[])}`);
    const text = inline(element.elements as unknown as Loose[]);
    return element.type === 'rich_text_preformatted' ? text.split('\n').map((line) => `  | ${line}`) : text.split('\n');
  });

const blockLines = (block: AnyBlock): string[] => {
  const loose = block as unknown as Loose;
  switch (block.type) {
    case 'header':
      return [`# ${block.text.text}`];
    case 'rich_text':
      return richLines(block);
    case 'section':
      return [textOf(block.text)];
    case 'context':
      return [`(${block.elements.map(textOf).join(' ')})`];
    case 'actions':
      return [block.elements.map((element) => `[${textOf((element as unknown as Loose)['text'])}]`).join(' ')];
    case 'container':
      return [
        `> ${block.title?.text ?? ''}`,
        ...block.child_blocks.flatMap((child) => blockLines(child).map((line) => `    ${line}`)),
      ];
    case 'data_table':
    case 'table': {
      const rows = (loose['rows'] as { text: string }[][]).map((row) => row.map((cell) => cell.text).join(' | '));
      const page = typeof loose['page_size'] === 'number' ? loose['page_size'] : rows.length;
      return [
        ...(loose['caption'] === undefined ? [] : [`table: ${String(loose['caption'])}`]),
        ...rows.slice(0, page + 1).map((row) => `  | ${row}`),
        ...(rows.length > page + 1 ? ['  | ---- next page', ...rows.slice(page + 1).map((row) => `  | ${row}`)] : []),
      ];
    }
    case 'data_visualization': {
      const chart = loose['chart'] as { series: { data: { label: string; value: number }[] }[] };
      return [
        `chart: ${String(loose['title'])}: ${chart.series.map((series) => series.data.map((point) => `${point.label} ${point.value}`).join(', ')).join('; ')}`,
      ];
    }
    default:
      return [`<${block.type}>`];
  }
};

export const readMessage = (message: Message): string =>
  [`text: ${message.text}`, '', ...message.blocks.flatMap(blockLines)].join('\n').concat('\n');

export const readModal = (modal: Modal): string =>
  [
    modal.type === 'modal' ? `modal: ${modal.title.text}` : 'home',
    '',
    ...(modal.blocks as AnyBlock[]).flatMap(blockLines),
  ]
    .join('\n')
    .concat('\n');
