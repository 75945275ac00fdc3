/** The blocks that every surface has known for years: section, header, context, actions, divider, image, input, video, file. */
import { boolean, both, byType, type Check, listOf, oneOf, rule, shape, string, url } from './check.js';
import { imageElement, imageSource, mrkdwn, oneImageSource, plainText, text } from './composition.js';
import { actionElements, contextActionElements, inputElements, sectionAccessories } from './elements.js';

const type: Check = string(255, 1);
export const blockId = { block_id: string(255, 1) };

export const basicBlocks: Readonly<Record<string, Check>> = {
  section: both(
    shape(
      { type },
      {
        ...blockId,
        text: text(3000),
        fields: listOf(text(2000), { min: 1, max: 10 }),
        accessory: byType({ ...sectionAccessories, image: imageElement }, 'section accessory'),
        expand: boolean,
      },
    ),
    rule(({ text: words, fields }) => words !== undefined || fields !== undefined, 'needs text or fields'),
  ),
  header: shape({ type, text: plainText(150) }, blockId),
  context: shape(
    {
      type,
      elements: listOf(
        byType({ image: imageElement, plain_text: plainText(3000), mrkdwn: mrkdwn(3000) }, 'context element'),
        {
          min: 1,
          max: 10,
        },
      ),
    },
    blockId,
  ),
  actions: shape({ type, elements: listOf(byType(actionElements, 'actions element'), { min: 1, max: 25 }) }, blockId),
  divider: shape({ type }, blockId),
  image: both(
    shape({ type, alt_text: string(2000, 1) }, { ...blockId, ...imageSource, title: plainText(2000) }),
    oneImageSource,
  ),
  input: shape(
    { type, label: plainText(2000), element: byType(inputElements, 'input element') },
    { ...blockId, hint: plainText(2000), optional: boolean, dispatch_action: boolean },
  ),
  video: shape(
    { type, video_url: url(3000), thumbnail_url: url(3000), alt_text: string(2000, 1), title: plainText(199) },
    {
      ...blockId,
      title_url: url(3000),
      author_name: string(49),
      provider_name: string(255),
      provider_icon_url: url(3000),
      description: plainText(3000),
    },
  ),
  file: shape({ type, source: oneOf('remote'), external_id: string(255, 1) }, blockId),
  context_actions: shape(
    { type, elements: listOf(byType(contextActionElements, 'context_actions element'), { min: 1, max: 5 }) },
    blockId,
  ),
  alert: shape(
    { type, text: text(200) },
    { ...blockId, level: oneOf('default', 'info', 'warning', 'error', 'success') },
  ),
  markdown: shape({ type, text: string(12_000, 1) }, blockId),
};
