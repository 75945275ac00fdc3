/** One interactive element, wherever it stands: in actions, beside a section, in an input. */
import type { ActionsBlockElement, InputBlockElement, SectionBlockAccessory } from '@slack/types';
import type { VNode } from 'preact';
import { Picture } from '../blocks/image.js';
import { Unsupported } from '../blocks/unsupported.js';
import { Button, OverflowMenu } from './button.js';
import { Checkboxes, Radios } from './choices.js';
import { FileInputOf } from './file-input.js';
import { SelectBox } from './select.js';
import { DateAndTime, DateOrTime, RichTyped, Typed } from './text-inputs.js';

/** An element with what it needs of its block. */
export interface Field<Element> {
  element: Element;
  blockId: string;
  /** accessible name */
  label: string;
  /** whether entering tells the app at once: always outside an input block, there only with dispatch_action */
  dispatch: boolean;
  /** ids of the hint and the error, for the control itself */
  described?: { 'aria-describedby'?: string; 'aria-invalid'?: boolean };
}

export type AnyElement = ActionsBlockElement | InputBlockElement | SectionBlockAccessory;

export const Element = (field: Field<AnyElement>): VNode => {
  const { element, ...rest } = field;
  switch (element.type) {
    case 'button':
    case 'workflow_button':
      return <Button element={element} blockId={field.blockId} />;
    case 'overflow':
      return <OverflowMenu element={element} blockId={field.blockId} />;
    case 'image':
      return <Picture element={element} size="accessory" />;
    case 'checkboxes':
      return <Checkboxes element={element} {...rest} />;
    case 'radio_buttons':
      return <Radios element={element} {...rest} />;
    case 'plain_text_input':
    case 'email_text_input':
    case 'url_text_input':
    case 'number_input':
      return <Typed element={element} {...rest} />;
    case 'rich_text_input':
      return <RichTyped element={element} {...rest} />;
    case 'datepicker':
    case 'timepicker':
      return <DateOrTime element={element} {...rest} />;
    case 'datetimepicker':
      return <DateAndTime element={element} {...rest} />;
    case 'file_input':
      return <FileInputOf element={element} {...rest} />;
    case 'static_select':
    case 'external_select':
    case 'users_select':
    case 'channels_select':
    case 'conversations_select':
    case 'multi_static_select':
    case 'multi_external_select':
    case 'multi_users_select':
    case 'multi_channels_select':
    case 'multi_conversations_select':
      return <SelectBox element={element} {...rest} />;
    default:
      return <Unsupported what="element" type={(element as { type: string }).type} />;
  }
};
