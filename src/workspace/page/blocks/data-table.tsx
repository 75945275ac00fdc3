/** data_table: a caption, columns that sort, pages. */
import type { DataTableBlock } from '@slack/types';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { Icon } from '../frame/icon.js';
import { Scrolling } from '../frame/scrolling.js';
import { type Cell, CellOf, cellWords, compareCells } from './cell.js';

/** Slack's default */
const pageSizeDefault = 5;

export interface Order {
  column: number;
  down: boolean;
}

/** Rows in order; stable, so that rows which compare equal stay as the app sent them. */
export const sortRows = (rows: readonly Cell[][], order: Order | undefined): readonly Cell[][] =>
  order === undefined
    ? rows
    : [...rows].sort((left, right) => compareCells(left[order.column], right[order.column]) * (order.down ? -1 : 1));

export const DataTable = ({ block }: { block: DataTableBlock }): VNode => {
  const [order, setOrder] = useState<Order>();
  const [page, setPage] = useState(0);
  const [head, ...rows] = block.rows;
  const columns = Math.max(0, ...block.rows.map((row) => row.length));
  const size = Math.max(1, Math.min(100, block.page_size ?? pageSizeDefault));
  const pages = Math.max(1, Math.ceil(rows.length / size));
  const here = Math.min(page, pages - 1);
  const shown = sortRows(rows, order).slice(here * size, here * size + size);
  const cells = Array.from({ length: columns }, (_, column) => column);
  const numeric = cells.map((column) => rows.length > 0 && rows.every((row) => row[column]?.type === 'raw_number'));
  const align = (column: number): string => (numeric[column] === true ? 'align-right' : 'align-left');
  // Up, down, as sent; numbers begin with the largest, for that is what one looks for.
  const turn = (column: number) => {
    const first = numeric[column] === true;
    setPage(0);
    if (order?.column !== column) setOrder({ column, down: first });
    else if (order.down === first) setOrder({ column, down: !first });
    else setOrder(undefined);
  };
  return (
    <div class="data-table" data-testid="data-table">
      <Scrolling class="table-frame" label={block.caption}>
        <table class="table">
          <caption>
            <span>{block.caption}</span>
          </caption>
          <thead>
            <tr>
              {cells.map((column) => {
                const sorted = order?.column === column;
                return (
                  <th
                    scope="col"
                    key={column}
                    class={align(column)}
                    aria-sort={sorted ? (order.down ? 'descending' : 'ascending') : 'none'}
                  >
                    <button
                      type="button"
                      class="sort"
                      onClick={() => turn(column)}
                      title={`Sort by ${cellWords(head?.[column])}`}
                    >
                      <CellOf cell={head?.[column]} />
                      <Icon name={sorted ? (order.down ? 'sort-down' : 'sort-up') : 'sort'} />
                    </button>
                  </th>
                );
              })}
            </tr>
          </thead>
          <tbody>
            {shown.map((row, index) => (
              <tr key={index}>
                {cells.map((column) =>
                  column === block.row_header_column_index ? (
                    <th scope="row" class={align(column)} key={column}>
                      <CellOf cell={row[column]} />
                    </th>
                  ) : (
                    <td class={align(column)} key={column}>
                      <CellOf cell={row[column]} />
                    </td>
                  ),
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </Scrolling>
      {pages === 1 ? null : (
        <nav class="pages" aria-label={`Pages of ${block.caption}`}>
          <span aria-live="polite">
            {here * size + 1}–{Math.min(rows.length, here * size + size)} of {rows.length}
          </span>
          <button
            type="button"
            class="icon-button"
            aria-label="Previous page"
            disabled={here === 0}
            onClick={() => setPage(here - 1)}
          >
            <Icon name="back" />
          </button>
          <button
            type="button"
            class="icon-button"
            aria-label="Next page"
            disabled={here === pages - 1}
            onClick={() => setPage(here + 1)}
          >
            <Icon name="chevron-right" />
          </button>
        </nav>
      )}
    </div>
  );
};
