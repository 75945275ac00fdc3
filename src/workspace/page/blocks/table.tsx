/** table: the first row is the head, as Slack draws it. */
import type { TableBlock } from '@slack/types';
import type { VNode } from 'preact';
import { Scrolling } from '../frame/scrolling.js';
import { CellOf } from './cell.js';

export const Table = ({ block }: { block: TableBlock }): VNode => {
  const [head, ...rows] = block.rows;
  const columns = Math.max(0, ...block.rows.map((row) => row.length));
  const settingsOf = (column: number): string => {
    const settings = block.column_settings?.[column];
    const numbers = rows.length > 0 && rows.every((row) => row[column]?.type === 'raw_number');
    return `align-${settings?.align ?? (numbers ? 'right' : 'left')} ${settings?.is_wrapped === true ? 'wrapped' : ''}`;
  };
  const cells = Array.from({ length: columns }, (_, column) => column);
  return (
    <Scrolling class="table-frame" label="Table">
      <table class="table" data-testid="table">
        <thead>
          <tr>
            {cells.map((column) => (
              <th scope="col" class={settingsOf(column)} key={column}>
                <CellOf cell={head?.[column]} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              {cells.map((column) => (
                <td class={settingsOf(column)} key={column}>
                  <CellOf cell={row[column]} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scrolling>
  );
};
