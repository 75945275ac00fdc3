/** Interactive elements: buttons, menus, pickers and inputs. */
import { boolean, both, type Check, integer, listOf, matching, oneOf, rule, shape, string, url } from './check.js';
import { confirm, option, optionGroup, plainOption, plainText, style } from './composition.js';

const type: Check = string(255, 1);
const actionId = { action_id: string(255, 1) };
const focus = { focus_on_load: boolean };
const placeholder = { placeholder: plainText(150) };
const dispatch = {
  dispatch_action_config: shape(
    {},
    { trigger_actions_on: listOf(oneOf('on_enter_pressed', 'on_character_entered'), { min: 1, max: 2 }) },
  ),
};
const selectable = { ...actionId, ...focus, ...placeholder, confirm };
const many = { max_selected_items: integer(1, 100) };
const ids = listOf(string(255, 1), { max: 100 });

const conversationFilter = {
  filter: shape(
    {},
    {
      include: listOf(oneOf('im', 'mpim', 'private', 'public'), { min: 1, max: 4 }),
      exclude_external_shared_channels: boolean,
      exclude_bot_users: boolean,
    },
  ),
  default_to_current_conversation: boolean,
};

const choices = {
  options: listOf(plainOption, { min: 1, max: 100 }),
  option_groups: listOf(optionGroup, { min: 1, max: 100 }),
};
const oneSetOfChoices: Check = rule(
  ({ options, option_groups }) => (options === undefined) !== (option_groups === undefined),
  'needs either options or option_groups',
);

export const button: Check = shape(
  { type, text: plainText(75) },
  { ...actionId, value: string(2000), url: url(3000), style, confirm, accessibility_label: string(75) },
);

const feedbackButton: Check = shape(
  { text: plainText(75), value: string(2000, 1) },
  { accessibility_label: string(75) },
);

const date = matching(/^\d{4}-\d\d-\d\d$/, 'a date as YYYY-MM-DD');
const time = matching(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time as HH:mm');

const picker = (initial: Readonly<Record<string, Check>>, extra: Readonly<Record<string, Check>> = {}): Check =>
  shape({ type }, { ...selectable, ...initial, ...extra });

/** Menus, pickers and boxes: in sections, actions and inputs alike. */
export const menus: Readonly<Record<string, Check>> = {
  static_select: both(shape({ type }, { ...selectable, ...choices, initial_option: plainOption }), oneSetOfChoices),
  multi_static_select: both(
    shape({ type }, { ...selectable, ...choices, ...many, initial_options: listOf(plainOption, { min: 1, max: 100 }) }),
    oneSetOfChoices,
  ),
  external_select: picker({ initial_option: plainOption, min_query_length: integer(0, 75) }),
  multi_external_select: picker(
    { initial_options: listOf(plainOption, { min: 1, max: 100 }), min_query_length: integer(0, 75) },
    many,
  ),
  users_select: picker({ initial_user: string(255, 1) }),
  multi_users_select: picker({ initial_users: ids }, many),
  conversations_select: picker(
    { initial_conversation: string(255, 1) },
    { ...conversationFilter, response_url_enabled: boolean },
  ),
  multi_conversations_select: picker({ initial_conversations: ids }, { ...conversationFilter, ...many }),
  channels_select: picker({ initial_channel: string(255, 1) }, { response_url_enabled: boolean }),
  multi_channels_select: picker({ initial_channels: ids }, many),
  datepicker: picker({ initial_date: date }),
  timepicker: picker({ initial_time: time }, { timezone: string(255, 1) }),
  checkboxes: shape(
    { type, options: listOf(option, { min: 1, max: 10 }) },
    { ...actionId, ...focus, confirm, initial_options: listOf(option, { min: 1, max: 10 }) },
  ),
  radio_buttons: shape(
    { type, options: listOf(option, { min: 1, max: 10 }) },
    { ...actionId, ...focus, confirm, initial_option: option },
  ),
};

const datetimepicker: Check = shape(
  { type },
  { ...actionId, ...focus, confirm, initial_date_time: integer(0, 9_999_999_999) },
);

export const buttons: Readonly<Record<string, Check>> = {
  button,
  overflow: shape({ type, options: listOf(plainOption, { min: 1, max: 5 }) }, { ...actionId, confirm }),
  workflow_button: shape(
    { type, text: plainText(75), workflow: () => undefined },
    { ...actionId, style, accessibility_label: string(75) },
  ),
};

const typed = { ...actionId, ...focus, ...placeholder, ...dispatch };

export const inputs: Readonly<Record<string, Check>> = {
  plain_text_input: both(
    shape(
      { type },
      {
        ...typed,
        initial_value: string(3000),
        multiline: boolean,
        min_length: integer(0, 3000),
        max_length: integer(1, 3000),
      },
    ),
    rule(
      ({ min_length: min, max_length: max }) => typeof min !== 'number' || typeof max !== 'number' || min <= max,
      'min_length must not be greater than max_length',
    ),
  ),
  email_text_input: shape({ type }, { ...typed, initial_value: string(3000) }),
  url_text_input: shape({ type }, { ...typed, initial_value: string(3000) }),
  number_input: shape(
    { type, is_decimal_allowed: boolean },
    { ...typed, initial_value: string(255), min_value: string(255), max_value: string(255) },
  ),
  rich_text_input: shape(
    { type },
    { ...typed, initial_value: () => undefined, min_lines: integer(1, 100), max_lines: integer(1, 100) },
  ),
  file_input: shape(
    { type },
    { ...actionId, filetypes: listOf(string(255, 1), { max: 100 }), max_files: integer(1, 10) },
  ),
  datetimepicker,
};

export const sectionAccessories = { ...buttons, ...menus };
export const actionElements = { ...buttons, ...menus, datetimepicker };
export const inputElements = { ...menus, ...inputs };

export const contextActionElements: Readonly<Record<string, Check>> = {
  feedback_buttons: shape({ type, positive_button: feedbackButton, negative_button: feedbackButton }, actionId),
  icon_button: shape(
    { type, icon: oneOf('trash'), text: plainText(75) },
    { ...actionId, value: string(2000), confirm, accessibility_label: string(75), visible_to_user_ids: ids },
  ),
};
