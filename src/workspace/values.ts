/** What a person entered, in Slack's shapes: state values, actions, and the checks that Slack makes before a submission. */
import { allElements } from './block-ids.js';
import type { Entered, EnteredValues } from './protocol.js';
import { type Fields, isObject } from './validate/check.js';

/** Options of external selects that were offered, by block_id/action_id: what a picked value stands for. */
export type OfferedOptions = ReadonlyMap<string, readonly Fields[]>;

export const offeredKey = (blockId: string, actionId: string): string => `${blockId}/${actionId}`;

const objects = (value: unknown): readonly Fields[] => (Array.isArray(value) ? value.filter(isObject) : []);

/** Every option of an element, groups flattened. */
export const optionsOf = (element: Fields): readonly Fields[] => [
  ...objects(element['options']),
  ...objects(element['option_groups']).flatMap((group) => objects(group['options'])),
  ...objects(element['initial_option'] === undefined ? [] : [element['initial_option']]),
  ...objects(element['initial_options']),
];

const one = (entered: Entered): string | null => (typeof entered === 'string' && entered !== '' ? entered : null);
const many = (entered: Entered): readonly string[] =>
  typeof entered === 'string' ? (entered === '' ? [] : [entered]) : (entered ?? []);

const richText = (text: string): Fields => ({
  type: 'rich_text',
  elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text }] }],
});

/** By element type: the field of an id that was picked, and its initial one. */
const pickedIds: Readonly<Record<string, readonly [field: string, initial: string]>> = {
  users_select: ['selected_user', 'initial_user'],
  conversations_select: ['selected_conversation', 'initial_conversation'],
  channels_select: ['selected_channel', 'initial_channel'],
  datepicker: ['selected_date', 'initial_date'],
  timepicker: ['selected_time', 'initial_time'],
  multi_users_select: ['selected_users', 'initial_users'],
  multi_conversations_select: ['selected_conversations', 'initial_conversations'],
  multi_channels_select: ['selected_channels', 'initial_channels'],
};
const oneOption = new Set(['static_select', 'external_select', 'radio_buttons']);
const manyOptions = new Set(['multi_static_select', 'multi_external_select', 'checkboxes']);
const typedTexts = new Set(['plain_text_input', 'email_text_input', 'url_text_input', 'number_input']);

/**
 * @param entered undefined: untouched, the element's initial value holds
 * @returns the value as in `state.values`; undefined for elements without state (buttons, overflow menus)
 */
export const stateOf = (
  element: Fields,
  entered: Entered | undefined,
  offered: readonly Fields[] = [],
): Fields | undefined => {
  const type = String(element['type']);
  const option = (value: string): Fields | undefined =>
    [...optionsOf(element), ...offered].find((o) => o['value'] === value);
  if (typedTexts.has(type))
    return { type, value: entered === undefined ? (element['initial_value'] ?? null) : one(entered) };
  if (oneOption.has(type)) {
    if (entered === undefined) return { type, selected_option: element['initial_option'] ?? null };
    const value = one(entered);
    return { type, selected_option: value === null ? null : (option(value) ?? null) };
  }
  if (manyOptions.has(type))
    return {
      type,
      selected_options:
        entered === undefined
          ? (element['initial_options'] ?? [])
          : many(entered).flatMap((value) => option(value) ?? []),
    };
  const picked = pickedIds[type];
  if (picked !== undefined) {
    const [field, initial] = picked;
    const none = type.startsWith('multi_') ? [] : null;
    const value = type.startsWith('multi_') ? many(entered ?? null) : one(entered ?? null);
    return { type, [field]: entered === undefined ? (element[initial] ?? none) : value };
  }
  if (type === 'datetimepicker') {
    const seconds = entered === undefined ? element['initial_date_time'] : Number(one(entered) ?? Number.NaN);
    return { type, selected_date_time: typeof seconds === 'number' && Number.isFinite(seconds) ? seconds : null };
  }
  if (type === 'rich_text_input') {
    const text = entered === undefined ? null : one(entered);
    return { type, rich_text_value: text === null ? (element['initial_value'] ?? null) : richText(text) };
  }
  if (type === 'file_input') return { type, files: [] };
  return undefined;
};

/** `state.values` of a message or view. */
export const stateValues = (
  blocks: readonly unknown[],
  values: EnteredValues,
  offered: OfferedOptions = new Map(),
): Readonly<Record<string, Readonly<Record<string, Fields>>>> => {
  const state: Record<string, Record<string, Fields>> = {};
  for (const { blockId, actionId, element } of allElements(blocks)) {
    const value = stateOf(element, values[blockId]?.[actionId], offered.get(offeredKey(blockId, actionId)));
    if (value === undefined) continue;
    const ofBlock = state[blockId] ?? {};
    ofBlock[actionId] = value;
    state[blockId] = ofBlock;
  }
  return state;
};

/** The entry of `actions` for one act on one element. */
export const actionOf = (
  blockId: string,
  element: Fields,
  entered: Entered,
  actionTs: string,
  offered: readonly Fields[] = [],
): Fields => {
  const { type, action_id, text, value, url, icon, placeholder } = element;
  const base: Record<string, unknown> = { type, block_id: blockId, action_id, action_ts: actionTs };
  if (type === 'button' || type === 'icon_button' || type === 'workflow_button')
    return {
      ...base,
      text,
      ...(value === undefined ? {} : { value }),
      ...(url === undefined ? {} : { url }),
      ...(icon === undefined ? {} : { icon }),
    };
  if (type === 'feedback_buttons') {
    const pressed = [element['positive_button'], element['negative_button']]
      .filter(isObject)
      .find((one) => one['value'] === entered);
    return { ...base, value: pressed?.['value'], text: pressed?.['text'] };
  }
  if (type === 'overflow')
    return { ...base, selected_option: optionsOf(element).find((option) => option['value'] === entered) };
  const state = stateOf(element, entered, offered) ?? {};
  return { ...base, ...state, ...(placeholder === undefined ? {} : { placeholder }) };
};

const isEmpty = (state: Fields): boolean =>
  Object.entries(state).every(
    ([key, value]) => key === 'type' || value === null || (Array.isArray(value) && value.length === 0),
  );

const wrongText = (element: Fields, text: string): string | undefined => {
  const { type, min_length, max_length, min_value, max_value, is_decimal_allowed } = element;
  if (type === 'email_text_input' && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text))
    return 'Please enter a valid email address.';
  if (type === 'url_text_input' && !/^https?:\/\/\S+$/i.test(text)) return 'Please enter a valid URL.';
  if (type === 'number_input') {
    const number = Number(text);
    if (text.trim() === '' || !Number.isFinite(number)) return 'Please enter a number.';
    if (is_decimal_allowed !== true && !Number.isInteger(number)) return 'Please enter a whole number.';
    if (min_value !== undefined && number < Number(min_value)) return `Please enter a number of at least ${min_value}.`;
    if (max_value !== undefined && number > Number(max_value)) return `Please enter a number of at most ${max_value}.`;
    return undefined;
  }
  if (typeof min_length === 'number' && text.length < min_length)
    return `Please enter at least ${min_length} characters.`;
  if (text.length > (typeof max_length === 'number' ? max_length : 3000))
    return `Please enter at most ${String(max_length ?? 3000)} characters.`;
  return undefined;
};

/** What Slack's own client refuses to submit: words by block_id. Empty: nothing. */
export const refusedInputs = (
  blocks: readonly unknown[],
  state: Readonly<Record<string, Readonly<Record<string, Fields>>>>,
): Readonly<Record<string, string>> => {
  const errors: Record<string, string> = {};
  for (const { blockId, actionId, element, block } of allElements(blocks)) {
    const value = state[blockId]?.[actionId];
    if (block['type'] !== 'input' || value === undefined) continue;
    if (isEmpty(value)) {
      if (block['optional'] !== true) errors[blockId] = 'Please complete this required field.';
      continue;
    }
    const wrong = typeof value['value'] === 'string' ? wrongText(element, value['value']) : undefined;
    if (wrong !== undefined) errors[blockId] = wrong;
  }
  return errors;
};
