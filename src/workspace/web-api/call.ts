/** One call of the Web API: its arguments, as form fields with JSON inside or as one JSON object; its refusal. */
import { ContentRefused, parsedBlocks } from '../app-messages.js';
import type { Inside } from '../inside.js';
import type { Channel, Person } from '../protocol.js';
import { type Fields, isObject } from '../validate/check.js';
import type { StoredMessage } from '../world.js';

/** Slack's error code; `more` goes into the answer beside it. */
export class ApiRefused extends Error {
  constructor(
    readonly code: string,
    readonly more: Fields = {},
  ) {
    super(code);
  }
}

export const withMessages = (code: string, messages: readonly string[]): ApiRefused =>
  new ApiRefused(code, messages.length === 0 ? {} : { errors: messages, response_metadata: { messages } });

export class Args {
  constructor(private readonly fields: Fields) {}

  get all(): Fields {
    return this.fields;
  }

  text(name: string): string | undefined {
    const value = this.fields[name];
    return typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined;
  }

  required(name: string): string {
    const value = this.text(name);
    if (value === undefined)
      throw withMessages('invalid_arguments', [`missing required field: ${name} [json-pointer:/${name}]`]);
    return value;
  }

  flag(name: string): boolean {
    const value = this.fields[name];
    return value === true || value === 'true' || value === '1' || value === 1;
  }

  number(name: string): number | undefined {
    const value = Number(this.fields[name]);
    return this.fields[name] === undefined || !Number.isFinite(value) ? undefined : value;
  }

  /** A value that travels as JSON text in a form. */
  json(name: string): unknown {
    const value = this.fields[name];
    if (typeof value !== 'string') return value;
    try {
      return JSON.parse(value) as unknown;
    } catch {
      throw withMessages('invalid_arguments', [`must be JSON [json-pointer:/${name}]`]);
    }
  }

  object(name: string): Fields {
    const value = this.json(name);
    if (!isObject(value)) throw withMessages('invalid_arguments', [`must be an object [json-pointer:/${name}]`]);
    return value;
  }
}

export type Method = (args: Args, inside: Inside) => Fields | Promise<Fields>;

/** A channel that the app may know of. */
export const knownChannel = (inside: Inside, reference: string): Channel => {
  const person = inside.world.people.get(reference);
  const channel = person === undefined ? inside.world.findChannel(reference) : inside.world.directChannel(person);
  const hidden = channel?.kind === 'private' && !channel.memberIds.includes(inside.app.botUserId);
  if (channel === undefined || hidden) throw new ApiRefused('channel_not_found');
  return channel;
};

/** A channel that the app may write to. */
export const writableChannel = (inside: Inside, reference: string): Channel => {
  const channel = knownChannel(inside, reference);
  if (channel.archived) throw new ApiRefused('is_archived');
  if (!channel.memberIds.includes(inside.app.botUserId)) throw new ApiRefused('not_in_channel');
  return channel;
};

export const knownPerson = (inside: Inside, id: string): Person => {
  const person = inside.world.people.get(id);
  if (person === undefined) throw new ApiRefused('user_not_found');
  return person;
};

/** A message that the app can name; ephemeral ones are kept nowhere. */
export const knownMessage = (inside: Inside, channel: Channel, ts: string): StoredMessage => {
  const message = inside.world.message(channel.id, ts);
  if (message === undefined || message.ephemeralTo !== null) throw new ApiRefused('message_not_found');
  return message;
};

/** Runs a check of content, turning its refusal into the API's. */
export const orRefuse = <T>(check: () => T): T => {
  try {
    return check();
  } catch (error) {
    if (error instanceof ContentRefused) throw withMessages(error.code, error.messages);
    throw error;
  }
};

export { parsedBlocks };
