/** Slack gives every block a block_id and every interactive element an action_id where the app gave none. */
import type { AnyBlock } from '../blocks/message.js';
import { shortId } from './ids.js';
import { type Fields, isObject } from './validate/check.js';
import { elementsOf, flatBlocks } from './validate/index.js';

const interactive = new Set(
  (
    'button overflow workflow_button checkboxes radio_buttons datepicker timepicker datetimepicker plain_text_input ' +
    'email_text_input url_text_input number_input rich_text_input file_input feedback_buttons icon_button'
  ).split(' '),
);
const isInteractive = (type: unknown): boolean =>
  typeof type === 'string' && (interactive.has(type) || type.endsWith('_select'));

const withIds = (value: unknown, isBlock: boolean): unknown => {
  if (!isObject(value)) return value;
  const copy: Record<string, unknown> = { ...value };
  if (isBlock) copy['block_id'] ??= shortId();
  else if (isInteractive(copy['type'])) copy['action_id'] ??= shortId();
  const inside = (key: string, areBlocks: boolean): void => {
    const content = copy[key];
    if (Array.isArray(content)) copy[key] = content.map((one: unknown) => withIds(one, areBlocks));
    else if (isObject(content)) copy[key] = withIds(content, areBlocks);
  };
  if (copy['type'] === 'actions' || copy['type'] === 'context_actions') inside('elements', false);
  if (copy['type'] === 'carousel') inside('elements', true);
  if (copy['type'] === 'card') inside('actions', false);
  if (copy['type'] === 'container') inside('child_blocks', true);
  if (copy['type'] === 'section') inside('accessory', false);
  if (copy['type'] === 'input') inside('element', false);
  return copy;
};

/** @param blocks blocks that have been validated */
export const assignIds = (blocks: readonly unknown[]): readonly AnyBlock[] =>
  // Validated before: what is not in @slack/types (data_visualization) is in AnyBlock.
  blocks.map((block) => withIds(block, true)) as AnyBlock[];

export interface FoundElement {
  blockId: string;
  actionId: string;
  element: Fields;
  /** the block that holds it */
  block: Fields;
}

/** Every interactive element of a message or view, in order. */
export const allElements = (blocks: readonly unknown[]): readonly FoundElement[] =>
  flatBlocks(blocks)
    .filter(isObject)
    .flatMap((block) =>
      elementsOf(block)
        .filter(({ type }) => isInteractive(type))
        .map((element) => ({
          blockId: String(block['block_id']),
          actionId: String(element['action_id']),
          element,
          block,
        })),
    );
