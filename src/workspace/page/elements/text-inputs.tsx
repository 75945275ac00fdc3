/** Everything that is typed or picked from the browser's own controls: texts, numbers, dates and times. */
import type {
  Datepicker,
  DateTimepicker,
  EmailInput,
  NumberInput,
  PlainTextInput,
  RichTextInput,
  Timepicker,
  URLInput,
} from '@slack/types';
import type { VNode } from 'preact';
import { richTextWords } from '../blocks/rich-text.js';
import { useEntered } from '../surface.js';
import { fromWallClock, toWallClock } from '../text/wall-clock.js';
import { useWorld } from '../world.js';
import { useAct } from './button.js';
import type { Field } from './element.js';

type TypedElement = PlainTextInput | EmailInput | URLInput | NumberInput;

const keyboard = {
  plain_text_input: 'text',
  email_text_input: 'email',
  url_text_input: 'url',
  number_input: 'decimal',
} as const;

export const Typed = ({ element, blockId, label, dispatch, described }: Field<TypedElement>): VNode => {
  const actionId = element.action_id ?? '';
  const { act } = useAct(blockId, actionId, undefined);
  const [entered, setEntered] = useEntered(blockId, actionId, element.initial_value ?? null);
  const value = typeof entered === 'string' ? entered : '';
  const on = element.dispatch_action_config?.trigger_actions_on ?? ['on_enter_pressed'];
  const change = (text: string) => {
    const now = text === '' ? null : text;
    setEntered(now);
    if (dispatch && on.includes('on_character_entered')) act(now);
  };
  const common = {
    class: 'text-input',
    value,
    'aria-label': label,
    'data-action-id': actionId,
    placeholder: element.placeholder?.text ?? '',
    autofocus: element.focus_on_load ?? false,
    ...described,
  };
  if (element.type === 'plain_text_input' && element.multiline === true)
    return (
      <textarea
        {...common}
        rows={4}
        {...(element.max_length === undefined ? {} : { maxLength: element.max_length })}
        onInput={(event) => change(event.currentTarget.value)}
      />
    );
  return (
    <input
      {...common}
      // Never type="email" and the like: Slack lets the server judge, and so the app's own errors are seen.
      type="text"
      inputMode={keyboard[element.type]}
      {...(element.type === 'plain_text_input' && element.max_length !== undefined
        ? { maxLength: element.max_length }
        : {})}
      onInput={(event) => change(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && dispatch && on.includes('on_enter_pressed')) {
          event.preventDefault();
          act(value === '' ? null : value);
        }
      }}
    />
  );
};

/** A rich text input takes plain text here; what it starts with is shown by its words. */
export const RichTyped = ({ element, blockId, label, described }: Field<RichTextInput>): VNode => {
  const actionId = element.action_id ?? '';
  const initial = element.initial_value === undefined ? '' : richTextWords(element.initial_value);
  const [entered, setEntered] = useEntered(blockId, actionId, initial === '' ? null : initial);
  return (
    <textarea
      class="text-input"
      rows={element.min_lines ?? 3}
      value={typeof entered === 'string' ? entered : ''}
      aria-label={label}
      data-action-id={actionId}
      placeholder={element.placeholder?.text ?? ''}
      {...described}
      onInput={(event) => setEntered(event.currentTarget.value === '' ? null : event.currentTarget.value)}
    />
  );
};

export const DateOrTime = ({ element, blockId, label, dispatch, described }: Field<Datepicker | Timepicker>): VNode => {
  const actionId = element.action_id ?? '';
  const { act } = useAct(blockId, actionId, element.confirm);
  const initial = (element.type === 'datepicker' ? element.initial_date : element.initial_time) ?? null;
  const [entered, setEntered] = useEntered(blockId, actionId, initial);
  return (
    <input
      class="text-input date-input"
      type={element.type === 'datepicker' ? 'date' : 'time'}
      value={typeof entered === 'string' ? entered : ''}
      aria-label={label}
      data-action-id={actionId}
      {...described}
      onChange={(event) => {
        const now = event.currentTarget.value === '' ? null : event.currentTarget.value;
        setEntered(now);
        if (dispatch) act(now);
      }}
    />
  );
};

/** Seconds since 1970 as text, shown and entered in the reader's time zone. */
export const DateAndTime = ({ element, blockId, label, dispatch, described }: Field<DateTimepicker>): VNode => {
  const actionId = element.action_id ?? '';
  const { reader } = useWorld();
  const { act } = useAct(blockId, actionId, element.confirm);
  const initial = element.initial_date_time === undefined ? null : String(element.initial_date_time);
  const [entered, setEntered] = useEntered(blockId, actionId, initial);
  return (
    <input
      class="text-input date-input"
      type="datetime-local"
      value={typeof entered === 'string' ? toWallClock(Number(entered), reader.timeZone) : ''}
      aria-label={`${label} (${reader.timeZone})`}
      data-action-id={actionId}
      {...described}
      onChange={(event) => {
        const seconds = fromWallClock(event.currentTarget.value, reader.timeZone);
        const now = seconds === undefined ? null : String(seconds);
        setEntered(now);
        if (dispatch) act(now);
      }}
    />
  );
};
