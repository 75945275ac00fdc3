/** Slack's markup → the words that the person typed or that an alert says. */

/** `<http://web-1.example|web-1.example>` → `web-1.example`; `<@U1|ann>` stays an id; `&amp;` → `&`. */
export const plainWords = (text: string): string =>
  text
    .replace(/<([^<>|]*)\|([^<>]*)>/g, (_, target: string, label: string) => (/^[@#!]/.test(target) ? target : label))
    .replace(/<([^<>]*)>/g, '$1')
    .replace(/[\u2018\u2019]/g, "'")
    .replace(/[\u201c\u201d]/g, '"')
    // Phones and word processors make one long dash of two short ones: `—private`.
    .replace(/(^|\s)[\u2013\u2014](?=[a-z])/g, '$1--')
    .replaceAll('\u00a0', ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .trim();

const WORDS_MAX = 20_000;
const DEPTH_MAX = 12;
const LINKS_MAX = 50;
const LINK_MAX = 2_000;
/** where words stand in messages, blocks and attachments */
const SPOKEN = new Set(['text', 'fallback', 'title', 'pretext', 'value', 'footer', 'url', 'alt_text']);
/** `<https://mon/d?var-instance=web-1|Dashboard>`: what the label hides */
const LABELLED = /<(https?:\/\/[^<>|\s]+)\|[^<>]+>/gi;

export interface MessageWords {
  text: string;
  /** where links lead whose label stands in their place; foreign */
  links: readonly string[];
}

/** All the words of a message, its blocks and attachments: alerts keep the host's name anywhere, in a link's target too. */
export const wordsOfMessage = (message: Readonly<Record<string, unknown>>): MessageWords => {
  const found: string[] = [];
  const links = new Set<string>();
  let length = 0;
  const link = (url: string): void => {
    if (links.size < LINKS_MAX && /^https?:\/\//i.test(url)) links.add(url.replaceAll('&amp;', '&').slice(0, LINK_MAX));
  };
  const walk = (value: unknown, key: string, depth: number): void => {
    if (depth > DEPTH_MAX || length > WORDS_MAX) return;
    if (typeof value === 'string') {
      if (key === 'title_link') link(value);
      if (!SPOKEN.has(key)) return;
      for (const [, target = ''] of value.matchAll(LABELLED)) link(target);
      found.push(plainWords(value));
      length += value.length;
    } else if (Array.isArray(value)) for (const item of value) walk(item, key, depth + 1);
    else if (typeof value === 'object' && value !== null) {
      // A link of rich text, or a button that opens a page: the label is what people see.
      const { text, url } = value as { text?: unknown; url?: unknown };
      const hidden = typeof url === 'string' && text !== undefined && text !== url;
      if (hidden) link(url);
      for (const [name, inner] of Object.entries(value)) if (!(hidden && name === 'url')) walk(inner, name, depth + 1);
    }
  };
  for (const part of ['text', 'blocks', 'attachments', 'files']) walk(message[part], part, 0);
  return { text: [...new Set(found)].join('\n').slice(0, WORDS_MAX), links: [...links] };
};
