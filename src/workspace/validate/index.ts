/**
 * What Slack would say to blocks and views: every limit that the local workspace enforces. Pure, so that golden files of
 * other rooms can be held against it too.
 */
import { basicBlocks, blockId } from './basic.js';
import { cardBlocks } from './cards.js';
import { chartBlocks } from './chart.js';
import { boolean, both, byType, type Check, isObject, listOf, oneOf, Place, rule, shape, string } from './check.js';
import { imageElement, plainText, text } from './composition.js';
import { richText } from './rich-text.js';
import { tableBlocks } from './tables.js';

export type BlockSurface = 'message' | 'modal' | 'home';

const blocksMax: Readonly<Record<BlockSurface, number>> = { message: 50, modal: 100, home: 100 };
/** Slack breaks near 13,200 characters (slackapi/bolt-js#2509) and does not say what it counts: here all but tables and charts, as JSON. */
export const messageBlockCharactersMax = 13_000;
const markdownCharactersMax = 12_000;
const chartsMax = 2;
const viewBytesMax = 250_000;
/** beyond it: msg_too_long */
export const messageTextMax = 40_000;

const everywhere: readonly BlockSurface[] = ['message', 'modal', 'home'];
const surfaces: Readonly<Record<string, readonly BlockSurface[]>> = {
  section: everywhere,
  header: everywhere,
  context: everywhere,
  actions: everywhere,
  divider: everywhere,
  image: everywhere,
  video: everywhere,
  rich_text: everywhere,
  container: everywhere,
  file: ['message'],
  markdown: ['message'],
  table: ['message', 'home'],
  data_table: ['message', 'home'],
  data_visualization: ['message'],
  card: ['message', 'home'],
  carousel: ['message', 'home'],
  plan: ['message'],
  task_card: ['message'],
  context_actions: ['message'],
  alert: ['modal'],
  input: ['modal', 'home'],
};

const childTypes = new Set('actions context divider file header image input rich_text section table video'.split(' '));

const simpleBlocks: Readonly<Record<string, Check>> = {
  ...basicBlocks,
  ...tableBlocks,
  ...chartBlocks,
  ...cardBlocks,
  rich_text: richText,
};

const onSurface =
  (surface: BlockSurface): Check =>
  (value, place) => {
    if (!isObject(value) || typeof value['type'] !== 'string') return;
    const known = Object.hasOwn(surfaces, value['type']) ? surfaces[value['type']] : undefined;
    if (known !== undefined && !known.includes(surface))
      place.say(`unsupported type: ${value['type']} is not allowed in a ${surface}`);
  };

const container = (surface: BlockSurface): Check =>
  both(
    shape(
      {
        type: string(255, 1),
        child_blocks: listOf(
          both(
            byType(
              Object.fromEntries(Object.entries(simpleBlocks).filter(([type]) => childTypes.has(type))),
              'child block',
            ),
            onSurface(surface),
          ),
          { min: 1, max: 10 },
        ),
      },
      {
        ...blockId,
        title: plainText(150),
        rich_text_title: richText,
        subtitle: text(150),
        width: oneOf('narrow', 'standard', 'wide', 'full'),
        icon: imageElement,
        is_collapsible: boolean,
        default_collapsed: boolean,
        has_header_divider: boolean,
      },
    ),
    rule(
      ({ title, rich_text_title }) => title !== undefined || rich_text_title !== undefined,
      'needs title or rich_text_title',
    ),
    rule(
      ({ default_collapsed, is_collapsible }) => default_collapsed !== true || is_collapsible === true,
      'default_collapsed needs is_collapsible',
    ),
  );

/** Blocks and elements that carry an id, with those inside containers and cards. */
export const flatBlocks = (blocks: readonly unknown[]): readonly unknown[] =>
  blocks.flatMap((block) => [
    block,
    ...(isObject(block) && Array.isArray(block['child_blocks']) ? flatBlocks(block['child_blocks']) : []),
    ...(isObject(block) && block['type'] === 'carousel' && Array.isArray(block['elements'])
      ? flatBlocks(block['elements'])
      : []),
  ]);

/** The interactive elements that stand in one block. */
export const elementsOf = (block: unknown): readonly Readonly<Record<string, unknown>>[] => {
  if (!isObject(block)) return [];
  const { type, elements, accessory, element, actions } = block;
  const found: unknown[] = [];
  if ((type === 'actions' || type === 'context_actions') && Array.isArray(elements)) found.push(...elements);
  if (type === 'section' && accessory !== undefined) found.push(accessory);
  if (type === 'input' && element !== undefined) found.push(element);
  if (type === 'card' && Array.isArray(actions)) found.push(...actions);
  return found.filter(isObject).filter((one) => one['type'] !== 'image');
};

const idsAreUnique = (blocks: readonly unknown[], place: Place): void => {
  const blockIds = new Set<unknown>();
  for (const block of flatBlocks(blocks)) {
    if (!isObject(block)) continue;
    const id = block['block_id'];
    if (id !== undefined && blockIds.has(id)) place.say(`block_id ${String(id)} already exists`);
    blockIds.add(id);
    const actionIds = new Set<unknown>();
    for (const { action_id } of elementsOf(block)) {
      if (action_id !== undefined && actionIds.has(action_id))
        place.say(`action_id ${String(action_id)} already exists in block ${String(id ?? '')}`);
      actionIds.add(action_id);
    }
  }
};

const ofType = (blocks: readonly unknown[], type: string): readonly Readonly<Record<string, unknown>>[] =>
  flatBlocks(blocks)
    .filter(isObject)
    .filter((block) => block['type'] === type);

const messageTotals = (blocks: readonly unknown[], place: Place): void => {
  if (ofType(blocks, 'data_visualization').length > chartsMax)
    place.say(`no more than ${chartsMax} data_visualization blocks allowed`);
  if (ofType(blocks, 'table').length > 1) place.say('only_one_table_allowed');
  const markdown = ofType(blocks, 'markdown').reduce((sum, { text: words }) => sum + String(words ?? '').length, 0);
  if (markdown > markdownCharactersMax)
    place.say(`markdown blocks must hold less than ${markdownCharactersMax + 1} characters together`);
};

/** Whether a message's blocks are longer than Slack takes (`msg_blocks_too_long`). */
export const blocksTooLong = (blocks: readonly unknown[]): boolean => {
  const counted = blocks.filter(
    (block) => !isObject(block) || !['table', 'data_table', 'data_visualization'].includes(String(block['type'])),
  );
  return JSON.stringify(counted).length > messageBlockCharactersMax;
};

const checkBlocks = (blocks: unknown, surface: BlockSurface, place: Place): void => {
  listOf(both(byType({ ...simpleBlocks, container: container(surface) }, 'block'), onSurface(surface)), {
    max: blocksMax[surface],
  })(blocks, place);
  if (!Array.isArray(blocks)) return;
  idsAreUnique(blocks, place);
  if (surface !== 'modal') messageTotals(blocks, place);
};

/**
 * @param blocks what would be sent as `blocks`
 * @returns what Slack would find wrong, in its words with a JSON pointer; empty: nothing. A message that is too long as a
 * whole is reported as `msg_blocks_too_long`.
 */
export const validateBlocks = (blocks: unknown, surface: BlockSurface): string[] => {
  const problems: string[] = [];
  const place = new Place(problems).at('blocks');
  checkBlocks(blocks, surface, place);
  if (surface === 'message' && Array.isArray(blocks) && blocksTooLong(blocks))
    place.say(`msg_blocks_too_long: more than ${messageBlockCharactersMax} characters`);
  return problems;
};

const viewFields = { private_metadata: string(3000), callback_id: string(255), external_id: string(255) };
const modalFields = shape(
  { type: oneOf('modal'), title: plainText(24), blocks: () => undefined },
  {
    ...viewFields,
    submit: plainText(24),
    close: plainText(24),
    clear_on_close: boolean,
    notify_on_close: boolean,
    submit_disabled: boolean,
  },
);
const homeFields = shape({ type: oneOf('home'), blocks: () => undefined }, viewFields);

/**
 * @param view what would be sent as `view` to views.open, views.update, views.push or views.publish
 * @returns what Slack would find wrong; a view that is too large is reported as `view_too_large`
 */
export const validateView = (view: unknown): string[] => {
  const problems: string[] = [];
  const place = new Place(problems).at('view');
  if (!isObject(view)) return ['must be an object [json-pointer:/view]'];
  const surface = view['type'] === 'home' ? 'home' : 'modal';
  (surface === 'home' ? homeFields : modalFields)(view, place);
  if (view['blocks'] !== undefined) checkBlocks(view['blocks'], surface, place.at('blocks'));
  const { blocks } = view;
  if (
    surface === 'modal' &&
    view['submit'] === undefined &&
    Array.isArray(blocks) &&
    ofType(blocks, 'input').length > 0
  )
    place.say('submit is required when an input block is within blocks');
  if (Buffer.byteLength(JSON.stringify(view)) > viewBytesMax)
    place.say(`view_too_large: more than ${viewBytesMax} bytes`);
  return problems;
};
