/** container: blocks under a title, which may fold. */
import type { ContainerBlock } from '@slack/types';
import type { VNode } from 'preact';
import { useId, useState } from 'preact/hooks';
import type { AnyBlock } from '../../../blocks/message.js';
import { Icon } from '../frame/icon.js';
import { Plain, Text } from '../text/inline.js';
import { Blocks } from './block.js';
import { Picture } from './image.js';
import { RichText } from './rich-text.js';

export const Container = ({ block }: { block: ContainerBlock }): VNode => {
  const collapsible = block.is_collapsible === true;
  const [open, setOpen] = useState(!(collapsible && block.default_collapsed === true));
  const bodyId = useId();
  const title = (
    <span class="container-words">
      {block.icon === undefined ? null : <Picture element={block.icon} size="context" />}
      <span class="container-title">
        {block.rich_text_title === undefined ? (
          <Plain text={block.title?.text ?? ''} />
        ) : (
          <RichText block={block.rich_text_title} />
        )}
        {block.subtitle === undefined ? null : (
          <span class="container-subtitle">
            <Text of={block.subtitle} />
          </span>
        )}
      </span>
    </span>
  );
  return (
    <div class={`container container-${block.width ?? 'standard'}`} data-testid="container">
      {collapsible ? (
        <button
          type="button"
          class="container-head"
          aria-expanded={open}
          aria-controls={bodyId}
          onClick={() => setOpen(!open)}
        >
          <Icon name={open ? 'chevron-down' : 'chevron-right'} />
          {title}
        </button>
      ) : (
        <div class="container-head">{title}</div>
      )}
      <div class={`container-body ${block.has_header_divider === true ? 'divided' : ''}`} id={bodyId} hidden={!open}>
        {open ? <Blocks blocks={block.child_blocks as readonly AnyBlock[]} /> : null}
      </div>
    </div>
  );
};
