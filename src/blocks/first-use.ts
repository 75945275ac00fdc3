/** What the first question in a channel is told beside its answer. */
import { lines, rich } from './elements.js';
import { always, messageOf } from './fit.js';
import type { Message } from './message.js';

export const firstUseMessage = (): Message =>
  messageOf('New here: tcpstates measures registered hosts and says what is wrong with their TCP.', [
    always(
      rich(
        lines(
          [
            { bold: 'New here: ' },
            'it measures registered hosts and says what is wrong with their TCP. ',
            { code: '/hosts' },
            ' lists them, ',
            { code: '/tcpstates help' },
            ' says what can be asked; in threads mention it.',
          ],
          [
            'Looking changes nothing. Settings change only when a second person approves, and the host takes them back unless somebody confirms.',
          ],
        ),
      ),
    ),
  ]);
