/** Clicks, picks, submissions: what people do with the app's blocks and views, and what its acknowledgement brings. */
import { failure } from './acts.js';
import { allElements, type FoundElement } from './block-ids.js';
import type { Ack } from './delivery.js';
import { type Inside, Refused } from './inside.js';
import type { Entered, EnteredValues, Person, PersonId, SelectOption, Surface } from './protocol.js';
import { type Fields, isObject } from './validate/check.js';
import { actionOf, offeredKey, refusedInputs, stateValues } from './values.js';
import { type ViewRecord, ViewRefused } from './views.js';
import type { StoredMessage } from './world.js';

const optionsMax = 100;
/** Offered options are kept for this many messages. */
const offeredMessagesMax = 200;

type Held = { message: StoredMessage; view?: undefined } | { view: ViewRecord; message?: undefined };

export class Interactions {
  /** options that external selects in messages offered, by channel/ts */
  private readonly offeredInMessages = new Map<string, Map<string, readonly Fields[]>>();

  constructor(private readonly inside: Inside) {}

  /** An element was used. Resolves when the app has acknowledged. */
  async act(
    personId: PersonId,
    surface: Surface,
    blockId: string,
    actionId: string,
    entered: Entered,
    values: EnteredValues,
  ): Promise<void> {
    const { payloads, triggers, dispatcher, world } = this.inside;
    const held = this.held(personId, surface);
    const { element, block } = this.element(held, blockId, actionId);
    const all = merged(held.view?.values ?? {}, merged(values, { [blockId]: { [actionId]: entered } }));
    if (held.view !== undefined) held.view.values = all;
    if (block['type'] === 'input' && block['dispatch_action'] !== true) return;
    const offered = this.offered(held).get(offeredKey(blockId, actionId)) ?? [];
    const payload = {
      ...payloads.interaction('block_actions', this.person(personId)),
      ...this.where(personId, held, all),
      trigger_id: triggers.give(personId),
      actions: [actionOf(blockId, element, entered, world.nextTs(), offered)],
    };
    const ack = await dispatcher.ask('interactive', payload);
    this.acknowledged(ack, held.view === undefined ? 'The action' : 'This dialog');
  }

  /** Asks the app for the options of an external select. */
  async suggest(
    personId: PersonId,
    surface: Surface,
    blockId: string,
    actionId: string,
    query: string,
  ): Promise<readonly SelectOption[]> {
    const held = this.held(personId, surface);
    const { element } = this.element(held, blockId, actionId);
    if (!String(element['type']).endsWith('external_select')) throw new Refused('This menu has its options already.');
    const ack = await this.inside.dispatcher.ask('interactive', {
      ...this.inside.payloads.interaction('block_suggestion', this.person(personId)),
      ...this.where(personId, held, held.view?.values ?? {}, 'without response_url'),
      block_id: blockId,
      action_id: actionId,
      value: query,
    });
    const payload = this.acknowledged(ack, 'The menu');
    const groups = Array.isArray(payload['option_groups']) ? payload['option_groups'].filter(isObject) : [];
    const options = [payload['options'], ...groups.map((group) => group['options'])]
      .flatMap((list) => (Array.isArray(list) ? list.filter(isObject) : []))
      .slice(0, optionsMax);
    this.offered(held).set(offeredKey(blockId, actionId), options);
    return options.flatMap((option) => selectOption(option) ?? []);
  }

  /** Submits a modal. Slack's own checks come first; then the app says errors, update, push, clear, or nothing (close). */
  async submit(personId: PersonId, viewId: string, values: EnteredValues): Promise<void> {
    const { views, payloads, triggers, dispatcher, hub } = this.inside;
    const record = this.view(personId, viewId);
    if (record !== views.stack(personId).at(-1)) throw new Refused('Only the topmost dialog can be submitted.');
    record.values = merged(record.values, values);
    const errors = refusedInputs(record.blocks, stateValues(record.blocks, record.values, record.offered));
    if (Object.keys(errors).length > 0) {
      hub.tellOne(personId, { type: 'viewErrors', viewId, errors });
      return;
    }
    const ack = await dispatcher.ask('interactive', {
      ...payloads.interaction('view_submission', this.person(personId)),
      trigger_id: triggers.give(personId),
      view: views.payload(record),
      response_urls: [],
    });
    if (!ack.ok) {
      this.inside.log('warn', `submission of ${String(record.view['callback_id'])}: ${ack.error}`);
      throw new Refused('We had some trouble connecting. Try again?');
    }
    this.respond(personId, record, ack.payload);
  }

  /** The × and the close button. */
  close(personId: PersonId, viewId: string, all: boolean): void {
    const { views, payloads, dispatcher } = this.inside;
    const record = this.view(personId, viewId);
    const closed = views.close(personId, all || record.view['clear_on_close'] === true);
    for (const one of closed) {
      if (one.view['notify_on_close'] !== true) continue;
      const payload = {
        ...payloads.interaction('view_closed', this.person(personId)),
        view: views.payload(one),
        is_cleared: closed.length > 1 || all,
      };
      dispatcher.ask('interactive', payload).then(
        (ack) => {
          if (!ack.ok) this.inside.log('warn', `view_closed: ${ack.error}`);
        },
        () => undefined,
      );
    }
  }

  private respond(personId: PersonId, record: ViewRecord, payload: Fields): void {
    const { views, hub } = this.inside;
    const action = payload['response_action'];
    try {
      if (action === undefined) {
        // The app may have closed or replaced it by another call meanwhile.
        if (views.stack(personId).at(-1) === record) views.close(personId, false);
      } else if (action === 'clear') views.close(personId, true);
      else if (action === 'update') views.update(record, payload['view']);
      else if (action === 'push') views.push(personId, payload['view']);
      else if (action === 'errors') {
        const errors = this.checkedErrors(record, payload['errors']);
        hub.tellOne(personId, { type: 'viewErrors', viewId: record.id, errors });
      } else throw new ViewRefused('invalid_arguments', [`unknown response_action ${String(action)}`]);
    } catch (error) {
      if (!(error instanceof ViewRefused)) throw error;
      this.inside.log('error', `the answer to a submission was refused: ${error.message}`);
      throw new Refused('We had some trouble connecting. Try again?');
    }
  }

  private checkedErrors(record: ViewRecord, errors: unknown): Readonly<Record<string, string>> {
    if (!isObject(errors) || Object.keys(errors).length === 0)
      throw new ViewRefused('invalid_arguments', ['errors must name at least one block']);
    const inputs = new Set(record.blocks.filter((block) => block.type === 'input').map(({ block_id }) => block_id));
    const checked: Record<string, string> = {};
    for (const [blockId, words] of Object.entries(errors)) {
      if (!inputs.has(blockId)) throw new ViewRefused('invalid_arguments', [`errors: ${blockId} is no input block`]);
      checked[blockId] = String(words);
    }
    return checked;
  }

  private where(
    personId: PersonId,
    held: Held,
    values: EnteredValues,
    responseUrl: 'with response_url' | 'without response_url' = 'with response_url',
  ): Fields {
    const { payloads, responseUrls, views, world } = this.inside;
    if (held.view !== undefined) {
      const view = views.payload(held.view);
      return { container: { type: 'view', view_id: held.view.id }, view };
    }
    const { message } = held;
    const channel = world.channels.get(message.channel);
    const ephemeral = message.ephemeralTo !== null;
    const target = {
      channel: message.channel,
      person: personId,
      original: message.ts,
      ...(message.threadTs === null ? {} : { threadTs: message.threadTs }),
    };
    return {
      container: {
        type: 'message',
        message_ts: message.ts,
        channel_id: message.channel,
        is_ephemeral: ephemeral,
        ...(message.threadTs === null ? {} : { thread_ts: message.threadTs }),
      },
      channel: { id: message.channel, name: channel?.kind === 'direct' ? 'directmessage' : channel?.name },
      // Slack keeps no ephemeral message: the payload has none.
      ...(ephemeral ? {} : { message: payloads.message(message) }),
      state: { values: stateValues(message.blocks, values, this.offered(held)) },
      ...(responseUrl === 'with response_url' ? { response_url: responseUrls.give(target) } : {}),
    };
  }

  private offered(held: Held): Map<string, readonly Fields[]> {
    if (held.view !== undefined) return held.view.offered;
    const key = `${held.message.channel}/${held.message.ts}`;
    const offered = this.offeredInMessages.get(key) ?? new Map<string, readonly Fields[]>();
    this.offeredInMessages.set(key, offered);
    const [oldest] = this.offeredInMessages.keys();
    if (this.offeredInMessages.size > offeredMessagesMax && oldest !== undefined) this.offeredInMessages.delete(oldest);
    return offered;
  }

  private held(personId: PersonId, surface: Surface): Held {
    if (surface.in === 'view') return { view: this.view(personId, surface.viewId) };
    const { world } = this.inside;
    const message = world.visible(personId, surface.channel).find(({ ts }) => ts === surface.ts);
    if (message === undefined) throw new Refused('This message is gone.');
    const channel = world.channels.get(surface.channel);
    if (channel?.archived) throw new Refused(`#${channel.name} is archived.`);
    return { message };
  }

  private view(personId: PersonId, viewId: string): ViewRecord {
    const record = this.inside.views.find(viewId);
    if (record === undefined || record.person !== personId) throw new Refused('This dialog is closed.');
    return record;
  }

  private element(held: Held, blockId: string, actionId: string): FoundElement {
    const blocks = held.view === undefined ? held.message.blocks : held.view.blocks;
    const found = allElements(blocks).find((one) => one.blockId === blockId && one.actionId === actionId);
    // The message was updated between the look and the click.
    if (found === undefined) throw new Refused('This has changed meanwhile. Look again.');
    return found;
  }

  private person(id: PersonId): Person {
    const person = this.inside.world.people.get(id);
    if (person === undefined) throw new Refused(`There is nobody with the id ${id}.`);
    return person;
  }

  private acknowledged(ack: Ack, what: string): Fields {
    if (ack.ok) return ack.payload;
    this.inside.log('warn', `${what}: ${ack.error}`);
    throw new Refused(failure(what, ack.error));
  }
}

const merged = (under: EnteredValues, over: EnteredValues): EnteredValues => {
  const all: Record<string, Readonly<Record<string, Entered>>> = { ...under };
  for (const [blockId, values] of Object.entries(over)) all[blockId] = { ...all[blockId], ...values };
  return all;
};

const textObject = (value: unknown): SelectOption['text'] | undefined =>
  isObject(value) && typeof value['text'] === 'string'
    ? { type: value['type'] === 'mrkdwn' ? 'mrkdwn' : 'plain_text', text: value['text'] }
    : undefined;

const selectOption = (option: Fields): SelectOption | undefined => {
  const text = textObject(option['text']);
  const description = textObject(option['description']);
  if (text === undefined || typeof option['value'] !== 'string') return undefined;
  return { text, value: option['value'], ...(description === undefined ? {} : { description }) };
};
