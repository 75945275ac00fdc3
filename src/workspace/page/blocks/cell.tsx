/** A cell of a table or data_table. */
import type { RawNumberElement, RawTextElement, RichTextBlock } from '@slack/types';
import { Fragment, type VNode } from 'preact';
import { Plain } from '../text/inline.js';
import { RichText, richTextWords } from './rich-text.js';

export type Cell = RawTextElement | RawNumberElement | RichTextBlock;

/** From here on a cell may wrap, but keeps a width at which it can be read. */
const LONG_CHARACTERS = 32;

/** A key or a path has no blank to break at: it breaks behind its dots and strokes, not within a word. */
const Breaking = ({ text }: { text: string }): VNode =>
  /^[\w.*/-]+$/.test(text) ? (
    <span>
      {text.split(/(?<=[._/])/).map((part, at) => (
        <Fragment key={at}>
          {at > 0 ? <wbr /> : null}
          {part}
        </Fragment>
      ))}
    </span>
  ) : (
    <Plain text={text} />
  );

export const CellOf = ({ cell }: { cell: Cell | undefined }): VNode | null => {
  if (cell === undefined) return null;
  if (cell.type === 'rich_text') return <RichText block={cell} />;
  return cell.text.length > LONG_CHARACTERS ? (
    <span class="long">
      <Breaking text={cell.text} />
    </span>
  ) : (
    <Plain text={cell.text} />
  );
};

export const cellWords = (cell: Cell | undefined): string =>
  cell === undefined ? '' : cell.type === 'rich_text' ? richTextWords(cell) : cell.text;

/** Numbers by value, all else by words; numbers before words. */
export const compareCells = (left: Cell | undefined, right: Cell | undefined): number => {
  if (left?.type === 'raw_number' && right?.type === 'raw_number') return left.value - right.value;
  if (left?.type === 'raw_number') return -1;
  if (right?.type === 'raw_number') return 1;
  return cellWords(left).localeCompare(cellWords(right), 'en', { numeric: true });
};
