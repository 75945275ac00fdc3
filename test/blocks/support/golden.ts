/** Golden files: what a message is (JSON) and how it reads (text). `UPDATE_GOLDEN=1` writes them anew. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from '@jest/globals';
import type { Message, Modal } from '../../../src/blocks/message.js';
import { blocksTooLong, messageTextMax, validateBlocks, validateView } from '../../../src/workspace/validate/index.js';
import { readMessage, readModal } from './reading.js';

const folder = new URL('../../golden/blocks/', import.meta.url);

const compare = (name: string, content: string): void => {
  const file = fileURLToPath(new URL(name, folder));
  if (process.env['UPDATE_GOLDEN'] === '1') {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  expect(existsSync(file) ? readFileSync(file, 'utf8') : `${name} is missing: run with UPDATE_GOLDEN=1`).toBe(content);
};

/** What Slack would refuse of a message; the fallback may only use what every workspace knows. */
export const complaints = (message: Message): string[] => [
  ...validateBlocks(message.blocks, 'message'),
  ...(blocksTooLong(message.blocks) ? ['msg_blocks_too_long'] : []),
  ...(message.text.length > messageTextMax || message.text === '' ? ['text too long or empty'] : []),
  ...(message.fallback === undefined
    ? []
    : validateBlocks(message.fallback, 'message').map((line) => `fallback: ${line}`)),
  ...(message.fallback !== undefined && blocksTooLong(message.fallback) ? ['fallback: msg_blocks_too_long'] : []),
  ...(message.fallback ?? [])
    .filter((block) => !['section', 'context', 'actions', 'table'].includes(block.type))
    .map((block) => `fallback: a ${block.type} block`),
];

export const expectGolden = (name: string, message: Message): void => {
  expect(complaints(message)).toEqual([]);
  compare(`${name}.json`, `${JSON.stringify(message, null, 1)}\n`);
  compare(`${name}.txt`, readMessage(message));
};

export const expectGoldenModal = (name: string, modal: Modal): void => {
  expect(validateView(modal)).toEqual([]);
  compare(`${name}.json`, `${JSON.stringify(modal, null, 1)}\n`);
  compare(`${name}.txt`, readModal(modal));
};
