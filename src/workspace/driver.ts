/** People at the keyboard, for tests: type, click by label, fill in dialogs, wait for what appears. */
import type { Hub } from './hub.js';
import type { Inside } from './inside.js';
import { Modal, matches, OnScreen, textOf } from './on-screen.js';
import type { People } from './people.js';
import type { Completion, Message, Notice, OpenView, Person, PersonId, Ts } from './protocol.js';

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

export { Modal, OnScreen, textOf, wordsOf } from './on-screen.js';
