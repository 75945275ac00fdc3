/** A short line that stands where an answer will be, for questions other than a measurement. */
import { paragraph } from './elements.js';
import { spoken } from './escape.js';
import type { Message } from './message.js';

/** @param input.doing e.g. `reading sysctls`; said of the host, or of several */
export const waitingMessage = (input: { of: string; doing: string }): Message => ({
  text: spoken(`${input.of}: ${input.doing}…`),
  blocks: [paragraph({ bold: input.of }, `: ${input.doing}…`)],
});
