/** input: a label, a control, a hint, and the app's error under it. */
import type { InputBlock } from '@slack/types';
import type { VNode } from 'preact';
import { useId } from 'preact/hooks';
import { Element } from '../elements/element.js';
import { useSurface } from '../surface.js';
import { Plain } from '../text/inline.js';

export const Input = ({ block }: { block: InputBlock }): VNode => {
  const { errors } = useSurface();
  const id = useId();
  const error = block.block_id === undefined ? undefined : errors[block.block_id];
  const told = [error === undefined ? '' : `${id}-error`, block.hint === undefined ? '' : `${id}-hint`].filter(Boolean);
  return (
    <div class={`input ${error === undefined ? '' : 'input-refused'}`}>
      <div class="input-label" aria-hidden="true">
        <Plain text={block.label.text} />
        {block.optional === true ? <span class="input-optional"> (optional)</span> : null}
      </div>
      <Element
        element={block.element}
        blockId={block.block_id ?? ''}
        label={block.label.text + (block.optional === true ? ' (optional)' : '')}
        dispatch={block.dispatch_action === true}
        described={{
          ...(told.length === 0 ? {} : { 'aria-describedby': told.join(' ') }),
          ...(error === undefined ? {} : { 'aria-invalid': true }),
        }}
      />
      {error === undefined ? null : (
        <div class="input-error" id={`${id}-error`} role="alert" data-testid="input-error">
          {error}
        </div>
      )}
      {block.hint === undefined ? null : (
        <div class="input-hint" id={`${id}-hint`}>
          <Plain text={block.hint.text} />
        </div>
      )}
    </div>
  );
};
