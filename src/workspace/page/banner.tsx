/** What a newcomer must know: which hosts are real, which are replayed, what to try. The words are the server's. */
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { Icon } from './frame/icon.js';
import { useSession } from './session.js';
import { InlineList } from './text/inline.js';
import { type Inline, parseInline } from './text/mrkdwn.js';

/** A command in the words becomes a button that puts it into the composer. */
const Part = ({ inline }: { inline: Inline }): VNode => {
  const { suggest } = useSession();
  if (inline.type !== 'code' || !/^[/@]/.test(inline.text)) return <InlineList inlines={[inline]} />;
  const text = inline.text;
  return (
    <button
      type="button"
      class="try"
      data-testid="try"
      title="Put this into the message field"
      onClick={() => suggest(text)}
    >
      {text}
    </button>
  );
};

/** As it was left in this browser; at first folded where it would take a quarter of the screen. */
const startsFolded = (): boolean => {
  const left = localStorage.getItem('banner');
  return left === null ? matchMedia('(max-width: 720px)').matches : left === 'folded';
};

export const Banner = (): VNode | null => {
  const { held } = useSession();
  const [folded, setFolded] = useState(startsFolded);
  const lines = held.state?.banner ?? [];
  if (lines.length === 0) return null;
  const shown = folded ? lines.slice(0, 1) : lines;
  return (
    <aside class={`banner ${folded ? 'is-folded' : ''}`} aria-label="About this local workspace" data-testid="banner">
      <Icon name="info" />
      <div class="banner-lines">
        {shown.map((line) => (
          <p key={line}>
            {parseInline(line).map((inline, index) => (
              <Part key={index} inline={inline} />
            ))}
          </p>
        ))}
      </div>
      {lines.length === 1 ? null : (
        <button
          type="button"
          class="icon-button"
          aria-expanded={!folded}
          aria-label={folded ? 'Show more of this note' : 'Show less of this note'}
          onClick={() => {
            localStorage.setItem('banner', folded ? 'open' : 'folded');
            setFolded(!folded);
          }}
        >
          <Icon name={folded ? 'chevron-right' : 'chevron-down'} />
        </button>
      )}
    </aside>
  );
};
