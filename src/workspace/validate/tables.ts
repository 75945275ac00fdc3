/** table and data_table. Sources disagree on the totals (10,000 or 20,000 cell characters): the stricter one holds here. */
import { blockId } from './basic.js';
import {
  boolean,
  both,
  byType,
  type Check,
  integer,
  isObject,
  listOf,
  number,
  oneOf,
  rule,
  shape,
  string,
} from './check.js';
import { richText } from './rich-text.js';

const type: Check = string(255, 1);
export const cellCharactersMax = 10_000;

const rawText: Check = shape({ type, text: string(cellCharactersMax, 1) });
const rawNumber: Check = shape({ type, value: number, text: string(cellCharactersMax, 1) });
const cell: Check = byType({ raw_text: rawText, raw_number: rawNumber, rich_text: richText }, 'table cell');
const headerCell: Check = byType({ raw_text: rawText, raw_number: rawNumber }, 'header cell');
const row: Check = listOf(cell, { min: 1, max: 20 });

/** Every `text` below a value, added up. */
export const textCharacters = (value: unknown): number => {
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + textCharacters(item), 0);
  if (!isObject(value)) return 0;
  return Object.entries(value).reduce(
    (sum, [key, item]) => sum + (key === 'text' && typeof item === 'string' ? item.length : textCharacters(item)),
    0,
  );
};

const notTooMuch: Check = rule(
  ({ rows }) => textCharacters(rows) <= cellCharactersMax,
  `must hold less than ${cellCharactersMax + 1} characters over all cells`,
);

export const tableBlocks: Readonly<Record<string, Check>> = {
  table: both(
    shape(
      { type, rows: listOf(row, { min: 1, max: 100 }) },
      {
        ...blockId,
        column_settings: listOf(
          (value, place) => {
            // null skips a column
            if (value !== null)
              shape({}, { align: oneOf('left', 'center', 'right'), is_wrapped: boolean })(value, place);
          },
          { max: 20 },
        ),
      },
    ),
    notTooMuch,
  ),
  data_table: both(
    shape(
      { type, caption: string(3000, 1), rows: listOf(row, { min: 2, max: 101 }) },
      { ...blockId, page_size: integer(1, 100), row_header_column_index: integer(0, 19) },
    ),
    rule(
      ({ rows }) =>
        !Array.isArray(rows) ||
        new Set(rows.map((cells: unknown) => (Array.isArray(cells) ? cells.length : -1))).size <= 1,
      'all rows must have the same number of cells',
    ),
    (value, place) => {
      if (!isObject(value) || !Array.isArray(value['rows'])) return;
      const header: unknown = value['rows'][0];
      if (Array.isArray(header)) listOf(headerCell, { max: 20 })(header, place.at('rows').at(0));
      const index = value['row_header_column_index'];
      if (typeof index === 'number' && Array.isArray(header) && index >= header.length)
        place.at('row_header_column_index').say('must name a column of the table');
    },
    notTooMuch,
  ),
};
