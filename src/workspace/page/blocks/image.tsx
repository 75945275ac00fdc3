/** Images. One that can't be loaded shows its alternative text in a box. */
import type { ImageBlock, ImageElement } from '@slack/types';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { Plain } from '../text/inline.js';

const urlOf = (image: ImageBlock | ImageElement): string | undefined => {
  const url = 'image_url' in image ? image.image_url : 'url' in image.slack_file ? image.slack_file.url : undefined;
  return url !== undefined && /^(https?:\/\/|\/(?!\/)|data:image\/(png|gif|jpeg|svg\+xml);)/.test(url)
    ? url
    : undefined;
};

export const Picture = (props: {
  element: ImageBlock | ImageElement;
  size: 'block' | 'accessory' | 'context' | 'card';
}): VNode => {
  const [failed, setFailed] = useState(false);
  const url = urlOf(props.element);
  if (url === undefined || failed)
    return (
      <span class={`picture picture-${props.size} picture-missing`} role="img" aria-label={props.element.alt_text}>
        {props.size === 'block' || props.size === 'card' ? props.element.alt_text : ''}
      </span>
    );
  return (
    <img
      class={`picture picture-${props.size}`}
      src={url}
      alt={props.element.alt_text}
      title={props.element.alt_text}
      loading="lazy"
      referrerpolicy="no-referrer"
      onError={() => setFailed(true)}
    />
  );
};

export const ImageOf = ({ block }: { block: ImageBlock }): VNode => (
  <figure class="image">
    {block.title === undefined ? null : (
      <figcaption>
        <Plain text={block.title.text} />
      </figcaption>
    )}
    <Picture element={block} size="block" />
  </figure>
);
