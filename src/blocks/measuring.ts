/** What stands in the channel until the answer replaces it. */
import { ACTIONS, encodeRef } from './actions.js';
import { actions, button, paragraph } from './elements.js';
import { spoken } from './escape.js';
import type { LastKnown } from './failure.js';
import { always, messageOf } from './fit.js';
import type { Message } from './message.js';

/** @param input.canCancel adds a button that stops waiting */
export const measuringMessage = (input: {
  host: { name: string };
  /** user id */
  asker?: string;
  lastKnown?: LastKnown;
  canCancel?: boolean;
}): Message => {
  const { host, lastKnown } = input;
  return messageOf(spoken(`Measuring ${host.name}…`), [
    always(
      paragraph({ bold: host.name }, ': measuring. Two looks at its counters, a few seconds apart.'),
      ...(lastKnown === undefined
        ? []
        : [
            paragraph(
              'Last known ',
              { at: lastKnown.measuredAt, format: '{date_short_pretty} {time_secs}' },
              `: ${lastKnown.verdict}`,
            ),
          ]),
      ...(input.asker === undefined ? [] : [paragraph('Asked by ', { user: input.asker })]),
      ...(input.canCancel === true
        ? [actions([button(ACTIONS.cancel, 'Stop', { value: encodeRef({ host: host.name }) })])]
        : []),
    ),
  ]);
};
