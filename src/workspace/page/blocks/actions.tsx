/** actions, context_actions. */
import type { ActionsBlock, ContextActionsBlock } from '@slack/types';
import type { VNode } from 'preact';
import { Feedback, IconButtonOf } from '../elements/button.js';
import { Element } from '../elements/element.js';
import { useWorld } from '../world.js';

const labelOf = (element: { type: string; placeholder?: { text: string } }): string =>
  element.placeholder?.text ?? element.type.replaceAll('_', ' ');

export const Actions = ({ block }: { block: ActionsBlock }): VNode => (
  <div class="actions">
    {block.elements.map((element, index) => (
      <Element
        key={element.action_id ?? index}
        element={element}
        blockId={block.block_id ?? ''}
        label={labelOf(element)}
        dispatch
      />
    ))}
  </div>
);

export const ContextActions = ({ block }: { block: ContextActionsBlock }): VNode => {
  const { me } = useWorld();
  return (
    <div class="context-actions">
      {block.elements.map((element, index) => {
        const blockId = block.block_id ?? '';
        if (element.type === 'feedback_buttons')
          return <Feedback key={element.action_id ?? index} element={element} blockId={blockId} />;
        if (element.visible_to_user_ids !== undefined && !element.visible_to_user_ids.includes(me)) return null;
        return <IconButtonOf key={element.action_id ?? index} element={element} blockId={blockId} />;
      })}
    </div>
  );
};
