/**
 * Keeps a message within what Slack takes: 50 blocks, and a sum of characters that Slack does not document and that was seen
 * to fail above 11,341 (rich_text) and 13,297 (markdown). Whole parts are left out, the least needed first, and what is
 * missing is said. Parts that must not be shortened (an approval, a verdict) have need 0 and stay.
 */
import { context } from './elements.js';
import type { AnyBlock, Message } from './message.js';
import { simpler } from './simpler.js';
import { list } from './words.js';

export const BLOCKS_MAX = 50;
/** characters of all JSON but tables and charts: what the smallest message that Slack refused had is above it */
export const JSON_MAX = 12_400;
/** characters of a reader, with a charge for each element that carries some: tables and charts count here */
export const WEIGHT_MAX = 10_500;
const CHARGE = 12;

export interface Part {
  blocks: readonly AnyBlock[];
  /** 0: never left out; the larger, the sooner */
  need: number;
  /** what is said to be missing when it is left out */
  name: string;
}

/** Characters that a reader could see, and a charge for every element that carries some. */
export const weigh = (value: unknown): number => {
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + weigh(item), 0);
  if (value === null || typeof value !== 'object') return 0;
  let sum = 0;
  for (const [key, inner] of Object.entries(value)) {
    if (typeof inner === 'string') {
      if (key === 'text' || key === 'title' || key === 'caption' || key === 'label' || key === 'fallback')
        sum += inner.length + CHARGE;
    } else sum += weigh(inner);
  }
  return sum;
};

const wordedOf = (blocks: readonly AnyBlock[]): readonly AnyBlock[] =>
  blocks.filter(({ type }) => !/^(table|data_table|data_visualization)$/.test(type));

/** What is limited of a message. One block and its words are kept free for the line that says what is missing. */
const MEASURES: readonly { of: (blocks: readonly AnyBlock[]) => number; most: number }[] = [
  { of: (blocks) => blocks.length, most: BLOCKS_MAX - 1 },
  { of: (blocks) => JSON.stringify(wordedOf(blocks)).length, most: JSON_MAX - 400 },
  { of: weigh, most: WEIGHT_MAX - 300 },
];

const exceeded = (parts: readonly Part[]): typeof MEASURES => {
  const blocks = parts.flatMap((part) => part.blocks);
  return MEASURES.filter(({ of, most }) => of(blocks) > most);
};

/** Whether nothing has to be left out. */
export const fits = (parts: readonly Part[]): boolean => exceeded(parts).length === 0;

/** Without it the message is no shorter where it is too long: a table is no characters of JSON. */
const helps = ({ blocks }: Part, over: typeof MEASURES): boolean => over.some(({ of }) => of(blocks) > of([]));

/**
 * @param rest a sentence: where the reader finds what was left out
 * @returns blocks in the order of the parts
 */
export const fitted = (parts: readonly Part[], rest = 'Raw has all of it.'): readonly AnyBlock[] => {
  let kept = parts.filter((part) => part.blocks.length > 0);
  const omitted: string[] = [];
  for (let over = exceeded(kept); over.length > 0; over = exceeded(kept)) {
    const last = kept
      .filter((part) => part.need > 0 && helps(part, over))
      .reduce<Part | undefined>(
        (worst, part) => (worst === undefined || part.need >= worst.need ? part : worst),
        undefined,
      );
    if (last === undefined) break;
    kept = kept.filter((part) => part !== last);
    omitted.push(last.name);
  }
  const blocks = kept.flatMap((part) => part.blocks);
  if (omitted.length === 0) return blocks;
  const names = [...new Set(omitted)];
  const said = names.length > 4 ? [...names.slice(0, 3), `${names.length - 3} more`] : names;
  const line = context(`Left out for length: ${list(said)}. ${rest}`);
  const last = blocks.at(-1);
  return last?.type === 'actions' ? [...blocks.slice(0, -1), line, last] : [...blocks, line];
};

/** A message of parts, with the same in simpler blocks for a workspace that does not know the newer ones. */
export const messageOf = (text: string, parts: readonly Part[], rest?: string): Message => ({
  text: text === '' ? '-' : text,
  blocks: fitted(parts, rest),
  fallback: fitted(
    parts.map((part) => ({ ...part, blocks: simpler(part.blocks) })),
    rest,
  ),
});

/** A part that always stays. */
export const always = (...blocks: readonly AnyBlock[]): Part => ({ blocks, need: 0, name: '' });
