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
/** where words stand in messages, blocks and attachments */
const SPOKEN = new Set(['text', 'fallback', 'title', 'pretext', 'value', 'footer', 'title_link', 'url', 'alt_text']);

/** All the words of a message, its blocks and attachments: alerts keep the host's name anywhere. */
export const wordsOfMessage = (message: Readonly<Record<string, unknown>>): string => {
  const found: string[] = [];
  let length = 0;
  const walk = (value: unknown, key: string, depth: number): void => {
    if (depth > DEPTH_MAX || length > WORDS_MAX) return;
    if (typeof value === 'string') {
      if (!SPOKEN.has(key)) return;
      found.push(plainWords(value));
      length += value.length;
    } else if (Array.isArray(value)) for (const item of value) walk(item, key, depth + 1);
    else if (typeof value === 'object' && value !== null)
      for (const [name, inner] of Object.entries(value)) walk(inner, name, depth + 1);
  };
  for (const part of ['text', 'blocks', 'attachments', 'files']) walk(message[part], part, 0);
  return [...new Set(found)].join('\n').slice(0, WORDS_MAX);
};
