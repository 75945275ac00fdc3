/** card, carousel. */
import type { CardBlock, CarouselBlock } from '@slack/types';
import type { VNode } from 'preact';
import { Button } from '../elements/button.js';
import { Scrolling } from '../frame/scrolling.js';
import { Text } from '../text/inline.js';
import { Picture } from './image.js';

export const Card = ({ block }: { block: CardBlock }): VNode => (
  <article class="card">
    {block.hero_image === undefined ? null : <Picture element={block.hero_image} size="card" />}
    <div class="card-head">
      {block.icon === undefined ? null : <Picture element={block.icon} size="context" />}
      <div>
        {block.title === undefined ? null : (
          <div class="card-title">
            <Text of={block.title} />
          </div>
        )}
        {block.subtitle === undefined ? null : (
          <div class="card-subtitle">
            <Text of={block.subtitle} />
          </div>
        )}
      </div>
    </div>
    {block.body === undefined ? null : (
      <div class="card-body">
        <Text of={block.body} />
      </div>
    )}
    {block.actions === undefined ? null : (
      <div class="actions">
        {block.actions.map((element, index) => (
          <Button key={element.action_id ?? index} element={element} blockId={block.block_id ?? ''} />
        ))}
      </div>
    )}
  </article>
);

export const Carousel = ({ block }: { block: CarouselBlock }): VNode => (
  <Scrolling class="carousel" label={`${block.elements.length} cards`}>
    {block.elements.map((card, index) => (
      <Card key={card.block_id ?? index} block={{ ...card, block_id: card.block_id ?? block.block_id ?? '' }} />
    ))}
  </Scrolling>
);
