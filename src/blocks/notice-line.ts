/** One line of plain words, for what is said now and then and asks nothing of anybody. */
import { plain } from './elements.js';
import type { Message } from './message.js';

export const noticeMessage = (line: string): Message => ({
  text: line,
  blocks: [{ type: 'context', elements: [plain(line, 2_000)] }],
});
