/** The small language that the block families are written in: a check looks at one JSON value and says what is wrong, where. */

export type Fields = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Where a check stands: collects what is wrong, with Slack's JSON pointer. */
export class Place {
  constructor(
    private readonly problems: string[],
    private readonly pointer = '',
  ) {}

  at(key: string | number): Place {
    return new Place(this.problems, `${this.pointer}/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`);
  }

  /** Adds a problem in Slack's own form: `must be less than 3001 characters [json-pointer:/blocks/0/text/text]`. */
  say(what: string): void {
    this.problems.push(`${what} [json-pointer:${this.pointer === '' ? '/' : this.pointer}]`);
  }
}

export type Check = (value: unknown, place: Place) => void;

/** A string of `min` to `max` UTF-16 code units. */
export const string =
  (max: number, min = 0): Check =>
  (value, place) => {
    if (typeof value !== 'string') place.say('must be a string');
    else if (value.length > max) place.say(`must be less than ${max + 1} characters`);
    else if (value.length < min) place.say(`must be more than ${min - 1} characters`);
  };

export const boolean: Check = (value, place) => {
  if (typeof value !== 'boolean') place.say('must be a boolean');
};

export const number: Check = (value, place) => {
  if (typeof value !== 'number' || !Number.isFinite(value)) place.say('must be a finite number');
};

export const integer =
  (min: number, max: number): Check =>
  (value, place) => {
    if (typeof value !== 'number' || !Number.isInteger(value)) place.say('must be an integer');
    else if (value < min || value > max) place.say(`must be between ${min} and ${max}`);
  };

export const oneOf =
  (...allowed: readonly (string | number)[]): Check =>
  (value, place) => {
    if (!allowed.some((one) => one === value)) place.say(`must be one of: ${allowed.join(', ')}`);
  };

export const matching =
  (pattern: RegExp, what: string): Check =>
  (value, place) => {
    if (typeof value !== 'string' || !pattern.test(value)) place.say(`must be ${what}`);
  };

export const url = (max: number): Check => both(string(max, 1), matching(/^(https?|slack|mailto):/i, 'a URL'));

export const listOf =
  (each: Check, { min = 0, max }: { min?: number; max: number }): Check =>
  (value, place) => {
    if (!Array.isArray(value)) {
      place.say('must be an array');
      return;
    }
    if (value.length > max) place.say(`no more than ${max} items allowed`);
    if (value.length < min) place.say(`no less than ${min} items allowed`);
    value.forEach((item: unknown, index) => {
      each(item, place.at(index));
    });
  };

/** An object with these fields and no others: Slack refuses what it does not know. */
export const shape =
  (required: Readonly<Record<string, Check>>, optional: Readonly<Record<string, Check>> = {}): Check =>
  (value, place) => {
    if (!isObject(value)) {
      place.say('must be an object');
      return;
    }
    for (const field of Object.keys(required))
      if (value[field] === undefined) place.say(`missing required field: ${field}`);
    for (const [field, content] of Object.entries(value)) {
      if (content === undefined) continue;
      const check = Object.hasOwn(required, field)
        ? required[field]
        : Object.hasOwn(optional, field)
          ? optional[field]
          : undefined;
      if (check === undefined) place.say(`invalid additional property: ${field}`);
      else check(content, place.at(field));
    }
  };

/** Dispatches on the value's `type`. */
export const byType =
  (kinds: Readonly<Record<string, Check>>, what: string): Check =>
  (value, place) => {
    if (!isObject(value)) {
      place.say('must be an object');
      return;
    }
    const { type } = value;
    const check = typeof type === 'string' && Object.hasOwn(kinds, type) ? kinds[type] : undefined;
    if (check === undefined) place.say(`unsupported type: ${String(type)} is no ${what}`);
    else check(value, place);
  };

export const both =
  (...checks: readonly Check[]): Check =>
  (value, place) => {
    for (const check of checks) check(value, place);
  };

/** Runs when the value is an object; for rules between its fields. */
export const rule =
  (holds: (fields: Fields) => boolean, what: string): Check =>
  (value, place) => {
    if (isObject(value) && !holds(value)) place.say(what);
  };

export const anything: Check = () => undefined;
