/** Something with blocks that a person acts on, for tests: click by label, fill in, submit; and the words that a reader sees. */
import { allElements, type FoundElement } from './block-ids.js';
import type { People } from './people.js';
import type { Entered, EnteredValues, Message, OpenView, PersonId, SelectOption, Surface } from './protocol.js';
import { type Fields, isObject } from './validate/check.js';
import { optionsOf } from './values.js';

/** Every word of a value that a reader sees: `text`, titles, cells, labels; one line each. */
export const wordsOf = (value: unknown): string => {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(wordsOf).filter(Boolean).join('\n');
  if (!isObject(value)) return '';
  const shown =
    'text title subtitle body caption label hint placeholder fields elements rows child_blocks accessory element actions tasks details output description options confirm name segments series rich_text_title';
  return shown
    .split(' ')
    .map((key) => wordsOf(value[key]))
    .filter(Boolean)
    .join('\n');
};

/** A message's whole text as a reader sees it, blocks included. */
export const textOf = (message: Message): string => [message.text, wordsOf(message.blocks)].filter(Boolean).join('\n');

export const matches = (text: string, wanted: string | RegExp): boolean =>
  typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text);

const labelOf = (value: unknown): string | undefined =>
  isObject(value) && typeof value['text'] === 'string' ? value['text'] : undefined;

/** Something with blocks that a person can act on: a message, a modal, Home. Looks at what stands there now. */
export class OnScreen {
  private entered: Record<string, Record<string, Entered>> = {};

  constructor(
    private readonly me: PersonId,
    private readonly people: People,
    private readonly surface: Surface,
    private readonly blocksNow: () => readonly unknown[],
  ) {}

  get blocks(): readonly unknown[] {
    return this.blocksNow();
  }

  get text(): string {
    return wordsOf(this.blocks);
  }

  /** Labels of all buttons. */
  get buttons(): readonly string[] {
    return allElements(this.blocks).flatMap(({ element }) =>
      element['type'] === 'button' ? (labelOf(element['text']) ?? []) : [],
    );
  }

  /** Clicks a button by its label or action_id. Confirm dialogs are answered with yes. */
  async click(label: string): Promise<void> {
    const { blockId, actionId } = this.find(label);
    await this.act(blockId, actionId, null);
  }

  /** Picks in a menu, by its label, placeholder or action_id; the options by their label or value. */
  async pick(menu: string, ...picked: readonly string[]): Promise<void> {
    const { blockId, actionId, element } = this.find(menu);
    await this.act(blockId, actionId, enteredOf(element, picked));
  }

  async suggest(menu: string, query: string): Promise<readonly SelectOption[]> {
    const { blockId, actionId } = this.find(menu);
    const act = { type: 'suggest', surface: this.surface, blockId, actionId, query } as const;
    return (await this.people.perform(this.me, act)).options ?? [];
  }

  /** Enters values by the input's label, block_id or action_id; for menus and boxes the options' labels or values. */
  fill(values: Readonly<Record<string, string | readonly string[]>>): this {
    for (const [name, value] of Object.entries(values)) {
      const { blockId, actionId, element } = this.find(name);
      const ofBlock = this.entered[blockId] ?? {};
      ofBlock[actionId] = enteredOf(element, typeof value === 'string' ? [value] : value);
      this.entered[blockId] = ofBlock;
    }
    return this;
  }

  protected get values(): EnteredValues {
    return this.entered;
  }

  protected async perform(act: Parameters<People['perform']>[1]): Promise<void> {
    await this.people.perform(this.me, act);
  }

  private async act(blockId: string, actionId: string, entered: Entered): Promise<void> {
    await this.perform({ type: 'act', surface: this.surface, blockId, actionId, entered, values: this.entered });
  }

  private find(name: string): FoundElement {
    const all = allElements(this.blocks);
    const named = ({ actionId, blockId, element, block }: FoundElement): boolean =>
      [actionId, blockId, labelOf(element['text']), labelOf(element['placeholder']), labelOf(block['label'])].includes(
        name,
      );
    const found = all.find(named) ?? all.find(({ block }) => labelOf(block['text']) === name);
    if (found !== undefined) return found;
    const names = all.map(
      ({ actionId, element, block }) => labelOf(element['text']) ?? labelOf(block['label']) ?? actionId,
    );
    throw new Error(`there is no “${name}” here, only: ${names.join(', ') || 'nothing to act on'}`);
  }
}

/** Option labels stand for their values; a typed text for itself. */
const enteredOf = (element: Fields, entered: readonly string[]): Entered => {
  const options = optionsOf(element);
  const values = entered.map((one) => {
    const option = options.find(({ text, value }) => value === one || labelOf(text) === one);
    return typeof option?.['value'] === 'string' ? option['value'] : one;
  });
  const takesMany = String(element['type']).startsWith('multi_') || element['type'] === 'checkboxes';
  return takesMany ? values : (values[0] ?? null);
};

export class Modal extends OnScreen {
  constructor(
    me: PersonId,
    people: People,
    readonly viewId: string,
    private readonly now: () => OpenView | undefined,
    private readonly errorsNow: () => Readonly<Record<string, string>>,
  ) {
    super(me, people, { in: 'view', viewId }, () => now()?.blocks ?? []);
  }

  get view(): OpenView | undefined {
    return this.now();
  }
  get title(): string | undefined {
    return this.now()?.title;
  }
  get isOpen(): boolean {
    return this.now() !== undefined;
  }
  /** Words under the inputs after a refused submission, by block_id. */
  get errors(): Readonly<Record<string, string>> {
    return this.errorsNow();
  }

  async submit(): Promise<void> {
    await this.perform({ type: 'submit', viewId: this.viewId, values: this.values });
  }

  async close(all = false): Promise<void> {
    await this.perform({ type: 'close', viewId: this.viewId, all });
  }
}
