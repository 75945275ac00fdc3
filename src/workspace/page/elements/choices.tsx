/** Checkboxes and radio buttons. */
import type { Checkboxes as CheckboxesElement, Option, RadioButtons } from '@slack/types';
import type { VNode } from 'preact';
import { useId } from 'preact/hooks';
import { useEntered } from '../surface.js';
import { Text } from '../text/inline.js';
import { useAct } from './button.js';
import type { Field } from './element.js';

const optionValue = (option: Option): string => option.value ?? option.text.text;

const Choice = (choice: {
  type: 'checkbox' | 'radio';
  name: string;
  option: Option;
  checked: boolean;
  pick(): void;
}): VNode => (
  <label class="choice">
    <input type={choice.type} name={choice.name} checked={choice.checked} onChange={choice.pick} />
    <span>
      <Text of={choice.option.text} />
      {choice.option.description === undefined ? null : (
        <span class="choice-detail">
          <Text of={choice.option.description} />
        </span>
      )}
    </span>
  </label>
);

export const Checkboxes = ({ element, blockId, label, dispatch }: Field<CheckboxesElement>): VNode => {
  const actionId = element.action_id ?? '';
  const { act } = useAct(blockId, actionId, element.confirm);
  const initial = (element.initial_options ?? []).map(optionValue);
  const [entered, setEntered] = useEntered(blockId, actionId, initial);
  const checked = Array.isArray(entered) ? (entered as readonly string[]) : [];
  const name = useId();
  return (
    <fieldset class="choices" data-action-id={actionId}>
      <legend class="for-readers">{label}</legend>
      {element.options.map((option) => {
        const value = optionValue(option);
        return (
          <Choice
            key={value}
            type="checkbox"
            name={name}
            option={option}
            checked={checked.includes(value)}
            pick={() => {
              const now = checked.includes(value) ? checked.filter((one) => one !== value) : [...checked, value];
              setEntered(now);
              if (dispatch) act(now);
            }}
          />
        );
      })}
    </fieldset>
  );
};

export const Radios = ({ element, blockId, label, dispatch }: Field<RadioButtons>): VNode => {
  const actionId = element.action_id ?? '';
  const { act } = useAct(blockId, actionId, element.confirm);
  const initial = element.initial_option === undefined ? null : optionValue(element.initial_option);
  const [entered, setEntered] = useEntered(blockId, actionId, initial);
  const name = useId();
  return (
    <fieldset class="choices" data-action-id={actionId}>
      <legend class="for-readers">{label}</legend>
      {element.options.map((option) => {
        const value = optionValue(option);
        return (
          <Choice
            key={value}
            type="radio"
            name={name}
            option={option}
            checked={entered === value}
            pick={() => {
              setEntered(value);
              if (dispatch) act(value);
            }}
          />
        );
      })}
    </fieldset>
  );
};
