/** What a person types, turned into Slack's own text: escapes and mentions. And what could stand at its end. */
import type { Inside } from './inside.js';
import type { Completion, PersonId } from './protocol.js';

const completionsMax = 8;

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** `@ada` → `<@U…>`, `#sre` → `<#C…|sre>`, `@here` → `<!here>`; the rest escaped. */
export const slackText = ({ world }: Pick<Inside, 'world'>, typed: string): string =>
  escaped(typed).replace(
    /(^|[\s(])([@#])([a-z0-9][a-z0-9._-]*)/gi,
    (whole, before: string, sign: string, name: string) => {
      // A full stop that ends the sentence is no part of the name.
      const bare = name.replace(/[.]+$/, '');
      const rest = name.slice(bare.length);
      if (sign === '#') {
        const channel = world.findChannel(`#${bare}`);
        return channel === undefined ? whole : `${before}<#${channel.id}|${channel.name}>${rest}`;
      }
      if (/^(here|channel|everyone)$/.test(bare)) return `${before}<!${bare}>${rest}`;
      const group = world.groups.find(({ handle }) => handle === bare);
      if (group !== undefined) return `${before}<!subteam^${group.id}|@${group.handle}>${rest}`;
      const person = [...world.people.values()].find((one) => one.name === bare.toLowerCase());
      return person === undefined ? whole : `${before}<@${person.id}>${rest}`;
    },
  );

/** Ids of the people that a text mentions. */
export const mentioned = (text: string): readonly PersonId[] =>
  [...text.matchAll(/<@([A-Z0-9]+)(?:\|[^>]*)?>/g)].map(([, id]) => id ?? '');

export const completions = ({ world, commands }: Inside, person: PersonId, text: string): readonly Completion[] => {
  if (/^\/\S*$/.test(text))
    return commands
      .filter(({ name }) => name.startsWith(text.toLowerCase()))
      .slice(0, completionsMax)
      .map(({ name, description, usageHint }) => ({
        kind: 'command',
        text: `${name} `,
        label: usageHint === '' ? name : `${name} ${usageHint}`,
        detail: description,
      }));
  const match = /(^|\s)([@#])([a-z0-9._-]*)$/i.exec(text);
  if (match === null) return [];
  const [, , sign, started = ''] = match;
  const before = text.slice(0, text.length - started.length);
  const wanted = started.toLowerCase();
  if (sign === '#')
    return [...world.channels.values()]
      .filter(({ id, kind, name }) => kind !== 'direct' && name.startsWith(wanted) && world.sees(person, id))
      .slice(0, completionsMax)
      .map(({ name, topic }) => ({ kind: 'channel', text: `${before}${name} `, label: `#${name}`, detail: topic }));
  return [...world.people.values()]
    .filter(
      ({ name, realName, kind }) =>
        kind !== 'slackbot' && (name.startsWith(wanted) || realName.toLowerCase().startsWith(wanted)),
    )
    .slice(0, completionsMax)
    .map(({ name, realName, title }) => ({
      kind: 'person',
      text: `${before}${name} `,
      label: `@${name}`,
      detail: `${realName}, ${title}`,
    }));
};
