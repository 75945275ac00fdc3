/** What the app says: checked as Slack checks it, then posted. */
import type { AnyBlock } from '../blocks/message.js';
import { assignIds } from './block-ids.js';
import type { Faults } from './faults.js';
import { type Fields, isObject } from './validate/check.js';
import { flatBlocks, messageTextMax, validateBlocks } from './validate/index.js';

export class ContentRefused extends Error {
  constructor(
    readonly code: string,
    readonly messages: readonly string[] = [],
  ) {
    super(`${code}${messages.length > 0 ? `: ${messages.join('; ')}` : ''}`);
  }
}

/** `blocks` as an array, whether it came as one or as JSON text. */
export const parsedBlocks = (blocks: unknown): readonly unknown[] | undefined => {
  if (blocks === undefined || blocks === '') return undefined;
  let value: unknown = blocks;
  if (typeof blocks === 'string') {
    try {
      value = JSON.parse(blocks);
    } catch {
      throw new ContentRefused('invalid_blocks_format');
    }
  }
  if (!Array.isArray(value)) throw new ContentRefused('invalid_blocks_format');
  return value;
};

/**
 * @param content `text` and `blocks` as the app sent them
 * @returns text and blocks to store; blocks undefined where none were sent
 */
export const checkedContent = (
  content: { text?: unknown; blocks?: unknown },
  faults: Faults,
): { text: string; blocks: readonly AnyBlock[] | undefined } => {
  const text = typeof content.text === 'string' ? content.text : '';
  if (text.length > messageTextMax) throw new ContentRefused('msg_too_long');
  const blocks = parsedBlocks(content.blocks);
  if (blocks === undefined) return { text, blocks: undefined };
  const problems = validateBlocks(blocks, 'message');
  if (problems.some((problem) => problem.startsWith('msg_blocks_too_long')))
    throw new ContentRefused('msg_blocks_too_long', problems);
  for (const block of flatBlocks(blocks).filter(isObject))
    if (faults.refusedBlockTypes.has(String(block['type'])))
      problems.push(`unsupported type: ${String(block['type'])} [json-pointer:/blocks]`);
  if (problems.length > 0) throw new ContentRefused('invalid_blocks', problems);
  return { text, blocks: assignIds(blocks) };
};

/** Whether an acknowledgement or answer carries a message. */
export const hasContent = ({ text, blocks }: Fields): boolean =>
  (typeof text === 'string' && text !== '') || (Array.isArray(blocks) && blocks.length > 0);
