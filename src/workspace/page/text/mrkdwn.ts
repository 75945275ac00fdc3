/**
 * Slack's mrkdwn as a tree. It is never HTML at any point: the tree is drawn by the page as text nodes, so nothing that a
 * host or a person wrote can become markup.
 * @see https://docs.slack.dev/messaging/formatting-message-text
 */
import { emojiNames } from './emoji.js';

export type Inline =
  | { type: 'text'; text: string }
  | { type: 'break' }
  | { type: 'bold' | 'italic' | 'strike'; children: readonly Inline[] }
  | { type: 'code'; text: string }
  | { type: 'link'; url: string; text: string }
  | { type: 'user' | 'channel' | 'usergroup'; id: string; label?: string }
  | { type: 'broadcast'; range: 'here' | 'channel' | 'everyone' }
  | { type: 'date'; timestamp: number; format: string; url?: string; fallback: string }
  | { type: 'emoji'; name: string };

export type Piece =
  | { type: 'paragraph'; children: readonly Inline[] }
  | { type: 'quote'; children: readonly Inline[] }
  | { type: 'pre'; text: string };

/** Slack escapes these three characters and no others. */
export const unescapeText = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

/** Only addresses that a browser may be sent to from a message; everything else stays text. */
export const isSafeUrl = (url: string): boolean => /^(https?:\/\/|mailto:|tel:)\S+$/i.test(url);

const labelled = (label: string | undefined) => (label === undefined || label === '' ? {} : { label });

/** Reads what stands between `<` and `>`; undefined where Slack would leave it as text. */
const special = (inner: string): Inline | undefined => {
  const bar = inner.indexOf('|');
  const target = bar === -1 ? inner : inner.slice(0, bar);
  const label = bar === -1 ? undefined : unescapeText(inner.slice(bar + 1));
  const mention = /^([@#])([A-Z0-9]{2,})$/.exec(target);
  if (mention !== null)
    return { type: mention[1] === '@' ? 'user' : 'channel', id: mention[2] ?? '', ...labelled(label) };
  if (target === '!here' || target === '!channel' || target === '!everyone')
    return { type: 'broadcast', range: target.slice(1) as 'here' | 'channel' | 'everyone' };
  const group = /^!subteam\^([A-Z0-9]+)$/.exec(target);
  if (group !== null) return { type: 'usergroup', id: group[1] ?? '', ...labelled(label) };
  const date = /^!date\^(\d{1,12})\^([^^]*)(?:\^(.*))?$/.exec(target);
  if (date !== null) {
    const url = date[3];
    return {
      type: 'date',
      timestamp: Number(date[1]),
      format: unescapeText(date[2] ?? ''),
      fallback: label ?? '',
      ...(url !== undefined && isSafeUrl(url) ? { url } : {}),
    };
  }
  if (target.startsWith('!')) return { type: 'text', text: label ?? `<${target}>` };
  const url = unescapeText(target);
  if (isSafeUrl(url)) return { type: 'link', url, text: label === undefined || label === '' ? url : label };
  return undefined;
};

const marks = { '*': 'bold', _: 'italic', '~': 'strike' } as const;
const isWord = (char: string | undefined): boolean => char !== undefined && /[\p{L}\p{N}]/u.test(char);
const isBlank = (char: string | undefined): boolean => char === undefined || /\s/.test(char);

/** The place of the mark that closes the one at `open`, or -1: on the same line, not after a blank, not inside a word. */
const closing = (text: string, open: number, mark: string): number => {
  if (isWord(text[open - 1]) || isBlank(text[open + 1]) || text[open + 1] === mark) return -1;
  for (let at = open + 1; at < text.length; at += 1) {
    const char = text[at];
    if (char === '\n') return -1;
    if (char === '`') {
      const end = text.indexOf('`', at + 1);
      if (end !== -1) at = end;
    } else if (char === '<') {
      const end = text.indexOf('>', at + 1);
      if (end !== -1) at = end;
    } else if (char === mark && !isBlank(text[at - 1]) && !isWord(text[at + 1]) && text[at + 1] !== mark) return at;
  }
  return -1;
};

/** Deeper nesting than this is written as it stands; a person's text never needs it. */
const depthMax = 6;

/** Inline mrkdwn of one paragraph. `verbatim` leaves bare addresses alone. */
export const parseInline = (text: string, verbatim = false, depth = 0): Inline[] => {
  const found: Inline[] = [];
  let plain = '';
  const flush = () => {
    if (plain !== '') found.push({ type: 'text', text: unescapeText(plain) });
    plain = '';
  };
  const take = (inline: Inline) => {
    flush();
    found.push(inline);
  };
  let at = 0;
  while (at < text.length) {
    const char = text[at] ?? '';
    if (char === '\n') {
      take({ type: 'break' });
      at += 1;
      continue;
    }
    if (char === '<') {
      const end = text.indexOf('>', at + 1);
      const read = end === -1 ? undefined : special(text.slice(at + 1, end));
      if (read !== undefined) {
        take(read);
        at = end + 1;
        continue;
      }
    }
    if (char === '`') {
      const end = text.indexOf('`', at + 1);
      const code = text.slice(at + 1, end);
      if (end > at + 1 && !code.includes('\n') && code.trim() !== '') {
        take({ type: 'code', text: codeText(code) });
        at = end + 1;
        continue;
      }
    }
    if (depth < depthMax && (char === '*' || char === '_' || char === '~')) {
      const end = closing(text, at, char);
      if (end !== -1) {
        take({ type: marks[char], children: parseInline(text.slice(at + 1, end), verbatim, depth + 1) });
        at = end + 1;
        continue;
      }
    }
    if (char === ':') {
      const name = /^:([a-z0-9_+'-]{1,60}):/.exec(text.slice(at, at + 64))?.[1];
      if (name !== undefined && emojiNames.has(name)) {
        take({ type: 'emoji', name });
        at += name.length + 2;
        continue;
      }
    }
    if (!verbatim && char === 'h' && !isWord(text[at - 1])) {
      const url = /^https?:\/\/[^\s<>|`*]+/.exec(text.slice(at, at + 2048))?.[0].replace(/[.,;:!?)'"]+$/, '');
      if (url !== undefined && url.length > 'https://'.length) {
        take({ type: 'link', url: unescapeText(url), text: unescapeText(url) });
        at += url.length;
        continue;
      }
    }
    plain += char;
    at += 1;
  }
  flush();
  return found;
};

/** Code keeps its characters; links inside show their text, as in Slack. */
const codeText = (text: string): string =>
  text
    .split(/(<[^<>]*>)/)
    .map((part) => {
      const read = part.startsWith('<') ? special(part.slice(1, -1)) : undefined;
      return read?.type === 'link' ? read.text : unescapeText(part);
    })
    .join('');

const quoteMark = /^(?:&gt;|>) ?/;
const quoteRest = /^(?:&gt;|>){3} ?/;

/** Lines → paragraphs and quotes. */
const parseLines = (text: string, verbatim: boolean): Piece[] => {
  const pieces: Piece[] = [];
  let quoted: string[] = [];
  let lines: string[] = [];
  const flush = () => {
    if (quoted.length > 0) pieces.push({ type: 'quote', children: parseInline(quoted.join('\n'), verbatim) });
    if (lines.length > 0) pieces.push({ type: 'paragraph', children: parseInline(lines.join('\n'), verbatim) });
    quoted = [];
    lines = [];
  };
  const all = text.split('\n');
  for (const [index, line] of all.entries()) {
    if (quoteRest.test(line)) {
      if (lines.length > 0) flush();
      quoted.push(line.replace(quoteRest, ''), ...all.slice(index + 1));
      break;
    }
    if (quoteMark.test(line)) {
      if (lines.length > 0) flush();
      quoted.push(line.replace(quoteMark, ''));
    } else {
      if (quoted.length > 0) flush();
      lines.push(line);
    }
  }
  flush();
  return pieces;
};

/**
 * Parses a whole mrkdwn text. Never throws; every character of the text that is not a mark comes out again.
 * @param verbatim true: bare addresses are not made links
 */
export const parseMrkdwn = (text: string, verbatim = false): Piece[] => {
  const pieces: Piece[] = [];
  let at = 0;
  while (at < text.length) {
    const open = text.indexOf('```', at);
    const end = open === -1 ? -1 : text.indexOf('```', open + 3);
    if (open === -1 || end === -1) {
      pieces.push(...parseLines(text.slice(at), verbatim));
      break;
    }
    // The line breaks next to a fence belong to the fence.
    const before = text.slice(at, open).replace(/\n$/, '');
    if (before !== '') pieces.push(...parseLines(before, verbatim));
    pieces.push({
      type: 'pre',
      text: codeText(text.slice(open + 3, end))
        .replace(/^\n/, '')
        .replace(/\n$/, ''),
    });
    at = end + 3;
    if (text[at] === '\n') at += 1;
  }
  return pieces;
};

/** The text that a reader sees, without marks: for accessible names and notifications. */
export const plainOf = (pieces: readonly (Piece | Inline)[]): string =>
  pieces
    .map((piece): string => {
      if ('children' in piece) return plainOf(piece.children);
      if (piece.type === 'break') return '\n';
      if (piece.type === 'emoji') return `:${piece.name}:`;
      if (piece.type === 'broadcast') return `@${piece.range}`;
      if (piece.type === 'date') return piece.fallback;
      return 'text' in piece ? piece.text : (piece.label ?? piece.id);
    })
    .join('');
