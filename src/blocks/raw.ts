/** What the host said, word for word: as a file for the channel, or its beginning in a modal. */
import { context, plain, preformatted, rich } from './elements.js';
import { cleanLines } from './escape.js';
import type { Modal } from './message.js';
import { bytes } from './words.js';

const MODAL_CHARACTERS = 2800;
const MODAL_BLOCKS = 20;

/** The transcript as a file: readable text, controls taken out, so that no terminal and no viewer acts on it. */
export const rawFile = (input: {
  host: { name: string };
  measuredAt: string;
  transcript: string;
}): { name: string; title: string; content: string } => ({
  name: `${input.host.name}-${input.measuredAt.slice(0, 19).replace(/[:T]/g, '-')}.txt`,
  title: `What ${input.host.name} answered, ${input.measuredAt}`,
  content: cleanLines(input.transcript, Number.POSITIVE_INFINITY),
});

export const rawModal = (input: { host: { name: string }; measuredAt: string; transcript: string }): Modal => {
  const whole = cleanLines(input.transcript, Number.POSITIVE_INFINITY);
  const pieces: string[] = [];
  let rest = whole;
  while (rest.length > 0 && pieces.length < MODAL_BLOCKS) {
    const end =
      rest.length <= MODAL_CHARACTERS
        ? rest.length
        : Math.max(1, rest.lastIndexOf('\n', MODAL_CHARACTERS) + 1 || MODAL_CHARACTERS);
    pieces.push(rest.slice(0, end));
    rest = rest.slice(end);
  }
  return {
    type: 'modal',
    title: plain(`Raw: ${input.host.name}`, 24),
    close: plain('Close', 24),
    blocks: [
      context('What the host answered, ', { at: input.measuredAt, format: '{date_short_pretty} {time_secs}' }),
      ...pieces.map((piece) => rich(preformatted(piece, MODAL_CHARACTERS))),
      ...(rest.length === 0 ? [] : [context(`… ${bytes(rest.length)} more: the file has all of it.`)]),
    ],
  };
};
