/** section, header, context. */
import type { ContextBlock, HeaderBlock, SectionBlock } from '@slack/types';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { Element } from '../elements/element.js';
import { useSurface } from '../surface.js';
import { Plain, Text } from '../text/inline.js';
import { parseMrkdwn, plainOf } from '../text/mrkdwn.js';
import { Picture } from './image.js';

/** Slack folds a long section unless it says `expand`; past these it is long. */
const foldCharacters = 700;
const foldLines = 14;

const Folding = ({ long, children }: { long: boolean; children: preact.ComponentChildren }): VNode => {
  const [open, setOpen] = useState(false);
  if (!long) return <div class="section-text">{children}</div>;
  return (
    <div class="section-text">
      <div class={open ? '' : 'folded'}>{children}</div>
      <button type="button" class="link-button" aria-expanded={open} onClick={() => setOpen(!open)}>
        {open ? 'See less' : 'See more'}
      </button>
    </div>
  );
};

export const Section = ({ block }: { block: SectionBlock }): VNode => {
  const surface = useSurface();
  const text = block.text?.text ?? '';
  const long =
    surface.in === 'message' &&
    block.expand !== true &&
    (text.length > foldCharacters || text.split('\n').length > foldLines);
  return (
    <div class="section">
      <div class="section-main">
        {block.text === undefined ? null : (
          <Folding long={long}>
            <Text of={block.text} />
          </Folding>
        )}
        {block.fields === undefined ? null : (
          <div class="fields">
            {block.fields.map((field, index) => (
              <div class="field" key={index}>
                <Text of={field} />
              </div>
            ))}
          </div>
        )}
      </div>
      {block.accessory === undefined ? null : (
        <div class="accessory">
          <Element
            element={block.accessory}
            blockId={block.block_id ?? ''}
            label={plainOf(parseMrkdwn(text)).slice(0, 80)}
            dispatch
          />
        </div>
      )}
    </div>
  );
};

export const Header = ({ block }: { block: HeaderBlock }): VNode => (
  <h2 class="header">
    <Plain text={block.text.text} />
  </h2>
);

export const Context = ({ block }: { block: ContextBlock }): VNode => (
  <div class="context">
    {block.elements.map((element, index) =>
      element.type === 'image' ? (
        <Picture key={index} element={element} size="context" />
      ) : (
        <span class="context-text" key={index}>
          <Text of={element} />
        </span>
      ),
    )}
  </div>
);
