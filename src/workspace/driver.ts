/** People at the keyboard, for tests: type, click by label, fill in dialogs, wait for what appears. */
import { allElements, type FoundElement } from './block-ids.js';
import type { Hub } from './hub.js';
import type { Inside } from './inside.js';
import type { People } from './people.js';
import type {
  Completion,
  Entered,
  EnteredValues,
  Message,
  Notice,
  OpenView,
  Person,
  PersonId,
  SelectOption,
  Surface,
  Ts,
} from './protocol.js';
import { type Fields, isObject } from './validate/check.js';
import { optionsOf } from './values.js';

const waitMs = 5000;
const lookEveryMs = 20;

/** Calls `look` now, after every change, and now and then for what is not the workspace's, until it gives something. */
export const waitFor = async <T>(
  hub: Hub,
  look: () => T | undefined | null | false,
  what: string,
  withinMs: number,
  describe: () => string,
): Promise<T> =>
  new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    let again: NodeJS.Timeout | undefined;
    let stop: () => void = () => undefined;
    const end = (): void => {
      clearTimeout(timer);
      clearInterval(again);
      stop();
    };
    const check = (): void => {
      try {
        const found = look();
        if (found === undefined || found === null || found === false) return;
        end();
        resolve(found);
      } catch (error) {
        end();
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    };
    timer = setTimeout(() => {
      end();
      reject(new Error(`waited ${withinMs} ms in vain for ${what}\n${describe()}`));
    }, withinMs);
    again = setInterval(check, lookEveryMs);
    stop = hub.watch(check);
    check();
  });

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

const matches = (text: string, wanted: string | RegExp): boolean =>
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

export class Actor {
  readonly notices: Notice[] = [];
  private errors = new Map<string, Readonly<Record<string, string>>>();

  constructor(
    readonly person: Person,
    private readonly inside: Inside,
    private readonly people: People,
  ) {
    inside.hub.join({
      person: person.id,
      receive: (event) => {
        if (event.type === 'notice') this.notices.push(event.notice);
        if (event.type === 'viewErrors') this.errors.set(event.viewId, event.errors);
        if (event.type === 'modals') this.errors.clear();
      },
    });
  }

  get id(): PersonId {
    return this.person.id;
  }

  /** Sends a text or a slash command. Resolves when it is acknowledged; rejects with Slack's words when it isn't. */
  async type(text: string, channel: string, threadTs?: Ts): Promise<void> {
    await this.people.perform(this.id, {
      type: 'type',
      channel: this.channel(channel),
      text,
      ...(threadTs === undefined ? {} : { threadTs }),
    });
  }

  async complete(text: string, channel: string): Promise<readonly Completion[]> {
    return (
      (await this.people.perform(this.id, { type: 'complete', channel: this.channel(channel), text })).completions ?? []
    );
  }

  /** What this person sees in a channel, threads and own private messages included; oldest first. */
  messages(channel: string): readonly Message[] {
    const { world } = this.inside;
    return world.visible(this.id, this.channel(channel)).map((message) => world.shown(message));
  }

  async waitForMessage(channel: string, wanted: string | RegExp, withinMs = waitMs): Promise<Message> {
    return this.waitFor(
      () => this.messages(channel).findLast((message) => matches(textOf(message), wanted)),
      `a message like ${String(wanted)} in ${channel}`,
      withinMs,
    );
  }

  on(message: Pick<Message, 'channel' | 'ts'>): OnScreen {
    const { channel, ts } = message;
    return new OnScreen(this.id, this.people, { in: 'message', channel, ts }, () => {
      const now = this.inside.world.visible(this.id, channel).find((one) => one.ts === ts);
      if (now === undefined) throw new Error(`message ${ts} is not to be seen`);
      return now.blocks;
    });
  }

  /** The topmost open modal. */
  modal(): Modal | undefined {
    const record = this.inside.views.stack(this.id).at(-1);
    if (record === undefined) return undefined;
    const now = (): OpenView | undefined => {
      const open = this.inside.views.stack(this.id).find(({ id }) => id === record.id);
      return open === undefined ? undefined : this.inside.views.shown(open);
    };
    return new Modal(this.id, this.people, record.id, now, () => this.errors.get(record.id) ?? {});
  }

  async waitForModal(title: string | RegExp, withinMs = waitMs): Promise<Modal> {
    return this.waitFor(
      () => {
        const modal = this.modal();
        return modal !== undefined && matches(modal.title ?? '', title) && modal;
      },
      `a modal titled ${String(title)}`,
      withinMs,
    );
  }

  /** Looks at the app's Home tab: the app hears of it and may publish. */
  async openHome(): Promise<void> {
    await this.people.perform(this.id, { type: 'openHome' });
  }

  home(): OnScreen | undefined {
    const record = this.inside.views.home(this.id);
    if (record === undefined) return undefined;
    return new OnScreen(this.id, this.people, { in: 'view', viewId: record.id }, () => record.blocks);
  }

  async shortcut(callbackId: string, message?: Pick<Message, 'channel' | 'ts'>): Promise<void> {
    await this.people.perform(this.id, {
      type: 'shortcut',
      callbackId,
      ...(message === undefined ? {} : { message: { channel: message.channel, ts: message.ts } }),
    });
  }

  async administer(channel: string, act: 'archive' | 'unarchive' | 'removeApp' | 'inviteApp' | 'join'): Promise<void> {
    await this.people.perform(this.id, { type: 'administer', channel: this.channel(channel), act });
  }

  async waitFor<T>(look: () => T | undefined | null | false, what = 'it', withinMs = waitMs): Promise<T> {
    return waitFor(this.inside.hub, look, what, withinMs, () => this.describe());
  }

  /** What this person has before them, for the words of a failed wait. */
  private describe(): string {
    const { world, views } = this.inside;
    const channels = [...world.channels.values()].filter(({ id }) => world.sees(this.id, id));
    const lines = channels.flatMap(({ id, name }) =>
      world
        .visible(this.id, id)
        .slice(-5)
        .map(
          (message) => `  #${name} ${message.ts} ${textOf(world.shown(message)).replaceAll('\n', ' | ').slice(0, 200)}`,
        ),
    );
    const modals = views.stack(this.id).map((record) => `  modal: ${views.shown(record).title}`);
    return [`${this.person.name} sees:`, ...lines, ...modals].join('\n');
  }

  private channel(reference: string): string {
    const { world } = this.inside;
    if (reference === 'direct') return world.directChannel(this.person).id;
    const channel = world.findChannel(reference);
    if (channel === undefined) throw new Error(`there is no channel ${reference}`);
    return channel.id;
  }
}
