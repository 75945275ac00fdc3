/** Modals and the Home tab: stacks of at most three, hashes against races, values that survive an update. */
import type { AnyBlock } from '../blocks/message.js';
import { assignIds } from './block-ids.js';
import type { Hub } from './hub.js';
import type { AppIdentity } from './identity.js';
import { secret, slackId } from './ids.js';
import type { EnteredValues, OpenView, PersonId } from './protocol.js';
import type { Fields } from './validate/check.js';
import { isObject } from './validate/check.js';
import { validateView } from './validate/index.js';
import { stateValues } from './values.js';
import type { World } from './world.js';

const stackMax = 3;

export interface ViewRecord {
  readonly id: string;
  readonly person: PersonId;
  readonly rootId: string;
  readonly previousId: string | null;
  hash: string;
  /** as the app gave it, with ids assigned */
  view: Fields;
  blocks: readonly AnyBlock[];
  /** what the person has entered so far */
  values: EnteredValues;
  /** options that external selects offered */
  offered: Map<string, readonly Fields[]>;
}

/** Slack's error code, and its words about what is wrong with a view. */
export class ViewRefused extends Error {
  constructor(
    readonly code: string,
    readonly messages: readonly string[] = [],
  ) {
    super(`${code}${messages.length > 0 ? `: ${messages.join('; ')}` : ''}`);
  }
}

const label = (value: unknown, otherwise: string): string =>
  isObject(value) && typeof value['text'] === 'string' ? value['text'] : otherwise;
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

export class Views {
  private readonly stacks = new Map<PersonId, ViewRecord[]>();
  private readonly homes = new Map<PersonId, ViewRecord>();

  constructor(
    private readonly world: World,
    private readonly hub: Hub,
    private readonly app: AppIdentity,
    private readonly refusedBlockTypes: () => ReadonlySet<string>,
  ) {}

  stack(person: PersonId): readonly ViewRecord[] {
    return this.stacks.get(person) ?? [];
  }

  home(person: PersonId): ViewRecord | undefined {
    return this.homes.get(person);
  }

  find(id: string): ViewRecord | undefined {
    return (
      [...this.stacks.values()].flat().find((record) => record.id === id) ??
      [...this.homes.values()].find((record) => record.id === id)
    );
  }

  findExternal(externalId: string): ViewRecord | undefined {
    return [...this.stacks.values(), [...this.homes.values()]]
      .flat()
      .find(({ view }) => view['external_id'] === externalId);
  }

  /** A new stack; what was open is gone. */
  open(person: PersonId, view: unknown): ViewRecord {
    const record = this.made(person, view, 'modal', null);
    this.stacks.set(person, [record]);
    this.showStack(person);
    return record;
  }

  push(person: PersonId, view: unknown): ViewRecord {
    const stack = this.stacks.get(person) ?? [];
    const top = stack.at(-1);
    if (top === undefined) throw new ViewRefused('not_found', ['there is no open modal to push onto']);
    if (stack.length >= stackMax) throw new ViewRefused('push_limit_reached');
    const record = this.made(person, view, 'modal', top);
    stack.push(record);
    this.showStack(person);
    return record;
  }

  /** @param hash of the version that the app knows; a newer one refuses the update */
  update(record: ViewRecord, view: unknown, hash?: string): ViewRecord {
    if (hash !== undefined && hash !== record.hash) throw new ViewRefused('hash_conflict');
    const kind = record.view['type'] === 'home' ? 'home' : 'modal';
    const { fields, blocks } = this.checked(view, kind);
    record.view = fields;
    record.blocks = blocks;
    record.hash = newHash();
    if (kind === 'home') this.showHome(record.person);
    else this.showStack(record.person);
    return record;
  }

  publish(person: PersonId, view: unknown, hash?: string): ViewRecord {
    const existing = this.homes.get(person);
    if (existing !== undefined) return this.update(existing, view, hash);
    const record = this.made(person, view, 'home', null);
    this.homes.set(person, record);
    this.showHome(person);
    return record;
  }

  /** Closes the topmost (or all): what was under it shows again. */
  close(person: PersonId, all: boolean): readonly ViewRecord[] {
    const stack = this.stacks.get(person) ?? [];
    const closed = all ? stack.splice(0) : stack.splice(-1);
    this.showStack(person);
    return closed;
  }

  shown(record: ViewRecord): OpenView {
    const { view } = record;
    return {
      id: record.id,
      hash: record.hash,
      kind: view['type'] === 'home' ? 'home' : 'modal',
      callbackId: text(view['callback_id']),
      title: label(view['title'], ''),
      submit: view['submit'] === undefined ? null : label(view['submit'], ''),
      close: label(view['close'], 'Cancel'),
      blocks: record.blocks,
      clearOnClose: view['clear_on_close'] === true,
      submitDisabled: view['submit_disabled'] === true,
    };
  }

  /** As payloads and Web API answers carry it. */
  payload(record: ViewRecord): Fields {
    const { view } = record;
    return {
      id: record.id,
      team_id: this.world.team.id,
      type: view['type'],
      blocks: record.blocks,
      private_metadata: text(view['private_metadata']),
      callback_id: text(view['callback_id']),
      state: { values: stateValues(record.blocks, record.values, record.offered) },
      hash: record.hash,
      title: view['title'] ?? { type: 'plain_text', text: 'View Title', emoji: true },
      close: view['close'] ?? null,
      submit: view['submit'] ?? null,
      clear_on_close: view['clear_on_close'] === true,
      notify_on_close: view['notify_on_close'] === true,
      external_id: text(view['external_id']),
      previous_view_id: record.previousId,
      root_view_id: record.rootId,
      app_id: this.app.appId,
      app_installed_team_id: this.world.team.id,
      bot_id: this.app.botId,
    };
  }

  private made(person: PersonId, view: unknown, kind: 'modal' | 'home', previous: ViewRecord | null): ViewRecord {
    const { fields, blocks } = this.checked(view, kind);
    const { external_id: externalId } = fields;
    if (typeof externalId === 'string' && externalId !== '' && this.findExternal(externalId) !== undefined)
      throw new ViewRefused('duplicate_external_id');
    const id = slackId('V');
    return {
      id,
      person,
      rootId: previous?.rootId ?? id,
      previousId: previous?.id ?? null,
      hash: newHash(),
      view: fields,
      blocks,
      values: {},
      offered: new Map(),
    };
  }

  private checked(view: unknown, kind: 'modal' | 'home'): { fields: Fields; blocks: readonly AnyBlock[] } {
    const problems = validateView(view);
    if (!isObject(view)) throw new ViewRefused('invalid_arguments', problems);
    if (view['type'] !== kind)
      throw new ViewRefused('invalid_arguments', [`must be of type ${kind} [json-pointer:/view/type]`]);
    if (problems.some((problem) => problem.startsWith('view_too_large')))
      throw new ViewRefused('view_too_large', problems);
    const blocks: readonly unknown[] = Array.isArray(view['blocks']) ? view['blocks'] : [];
    const refused = blocks.filter(isObject).find((block) => this.refusedBlockTypes().has(String(block['type'])));
    if (refused !== undefined)
      problems.push(`unsupported type: ${String(refused['type'])} [json-pointer:/view/blocks]`);
    if (problems.length > 0) throw new ViewRefused('invalid_arguments', problems);
    return { fields: view, blocks: assignIds(blocks) };
  }

  private showStack(person: PersonId): void {
    this.hub.tellOne(person, { type: 'modals', modals: this.stack(person).map((record) => this.shown(record)) });
  }

  private showHome(person: PersonId): void {
    const home = this.homes.get(person);
    this.hub.tellOne(person, { type: 'home', home: home === undefined ? null : this.shown(home) });
  }
}

const newHash = (): string => `${Math.floor(Date.now() / 1000)}.${secret(4)}`;
