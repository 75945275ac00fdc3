/** card, carousel, plan and task_card. */
import { blockId } from './basic.js';
import { anything, both, byType, type Check, listOf, oneOf, rule, shape, string, url } from './check.js';
import { imageElement, text } from './composition.js';
import { button } from './elements.js';
import { richText } from './rich-text.js';

const type: Check = string(255, 1);

const card: Check = both(
  shape(
    { type },
    {
      ...blockId,
      hero_image: imageElement,
      icon: imageElement,
      slack_icon: anything,
      title: text(150),
      subtitle: text(150),
      body: text(200),
      actions: listOf(byType({ button }, 'card action'), { min: 1, max: 3 }),
    },
  ),
  rule(
    ({ hero_image, title, actions, body }) => [hero_image, title, actions, body].some((part) => part !== undefined),
    'needs at least one of hero_image, title, actions, body',
  ),
);

const task: Check = shape(
  {
    type,
    task_id: string(255, 1),
    title: string(3000, 1),
    status: oneOf('pending', 'in_progress', 'complete', 'error'),
  },
  {
    ...blockId,
    details: richText,
    output: richText,
    sources: listOf(shape({ type: oneOf('url'), url: url(3000), text: string(3000, 1) }), { max: 100 }),
  },
);

export const cardBlocks: Readonly<Record<string, Check>> = {
  card,
  carousel: shape({ type, elements: listOf(byType({ card }, 'carousel element'), { min: 1, max: 10 }) }, blockId),
  task_card: task,
  plan: shape(
    { type, title: string(3000, 1) },
    { ...blockId, tasks: listOf(byType({ task_card: task }, 'plan task'), { max: 100 }) },
  ),
};
