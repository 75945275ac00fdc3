/** A short line that stands where an answer will be, for questions other than a measurement. */
import { ACTIONS, encodeRef } from './actions.js';
import { actions, button, paragraph } from './elements.js';
import { spoken } from './escape.js';
import type { Message } from './message.js';

/** @param input.doing e.g. `reading sysctls`; said of the host, or of several @param input.stops adds a button that calls it off */
export const waitingMessage = (input: { of: string; doing: string; stops?: boolean }): Message => ({
  text: spoken(`${input.of}: ${input.doing}…`),
  blocks: [
    paragraph({ bold: input.of }, `: ${input.doing}…`),
    ...(input.stops === true ? [actions([button(ACTIONS.cancel, 'Stop', { value: encodeRef({}) })])] : []),
  ],
});
