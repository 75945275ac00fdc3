/**
 * One request to a host's gate = one line of [a-z0-9._,:-] and single blanks, at most 2,048 characters:
 *
 *     version | probe | sysctls | get KEY                           either key
 *     set ID SECONDS BOOT8.UPTIME MODE KEY:OLD:NEW …                 the change key; one to eight entries, no key twice
 *     confirm ID | revert ID | status ID | list | log LINES
 *
 * ID [a-z0-9]{8,40}; SECONDS until the host takes the change back by itself, 30..3600; BOOT8.UPTIME the host's own clock after
 * which the request must have no effect any more (first eight hex digits of its boot id, its uptime in seconds, at most 300
 * ahead); MODE `runtime` or `persistent`; OLD and NEW as in value.ts. Entries are applied in their order and taken back in the
 * reverse one, all or none.
 */
import { canonicalPorts, kernelValue, wireValue } from './value.js';

export const REQUEST_CHARACTERS_MAX = 2048;
export const ENTRIES_MAX = 8;
export const TTL_SECONDS_MIN = 30;
export const TTL_SECONDS_MAX = 3600;
export const NOT_AFTER_SECONDS_MAX = 300;
export const LOG_LINES_MAX = 200;

/** One key of a change; values as the kernel prints them, blanks folded to one space. */
export interface GateEntry {
  key: string;
  from: string;
  to: string;
}

export interface NotAfter {
  /** first eight hex digits of /proc/sys/kernel/random/boot_id */
  boot8: string;
  /** host uptime after which the request has no effect */
  uptimeSeconds: number;
}

export interface SetRequest {
  verb: 'set';
  id: string;
  /** how long the host waits for a confirmation before it reverts by itself */
  ttlSeconds: number;
  notAfter: NotAfter;
  persistent: boolean;
  entries: readonly GateEntry[];
}

export type GateRequest =
  | SetRequest
  | { verb: 'confirm' | 'revert' | 'status'; id: string }
  | { verb: 'get'; key: string }
  | { verb: 'log'; lines: number }
  | { verb: 'list' | 'version' | 'probe' | 'sysctls' };

const ID = /^[a-z0-9]{8,40}$/;
const KEY = /^[a-z0-9_]+(\.[a-z0-9_]+){1,6}$/;
const NUMBERS = /^(0|[1-9]\d{0,8})(_(0|[1-9]\d{0,8})){0,2}$/;
/** a longer list of ports the gate refuses */
export const PORTS_CHARACTERS_MAX = 400;
const COUNT = /^(0|[1-9]\d{0,8})$/;
const NOT_AFTER = /^([0-9a-f]{8})\.(0|[1-9]\d{0,8})$/;

/** numbers without leading zeros, or a list of ports exactly as the kernel would print it */
const isValue = (word: string): boolean =>
  word === 'none' ||
  NUMBERS.test(word) ||
  (word !== '' && word.length <= PORTS_CHARACTERS_MAX && canonicalPorts(word) === word);

const entryOf = (word: string): GateEntry | undefined => {
  const [key, from, to, ...more] = word.split(':');
  if (key === undefined || from === undefined || to === undefined || more.length > 0) return undefined;
  if (!KEY.test(key) || !isValue(from) || !isValue(to) || from === to) return undefined;
  return { key, from: kernelValue(from), to: kernelValue(to) };
};

/** `KEY:OLD:NEW …` as it stands in a request, a record and the host's audit. @returns undefined where it is none */
export const parseEntries = (words: readonly string[]): readonly GateEntry[] | undefined => {
  const entries = words.map(entryOf).filter((entry) => entry !== undefined);
  const distinct = new Set(entries.map(({ key }) => key)).size;
  const complete = entries.length === words.length && distinct === words.length;
  return complete && words.length >= 1 && words.length <= ENTRIES_MAX ? entries : undefined;
};

const parseSet = (words: readonly string[]): SetRequest | undefined => {
  const [id = '', ttl = '', notAfter = '', mode = '', ...rest] = words;
  const entries = parseEntries(rest);
  const moment = NOT_AFTER.exec(notAfter);
  const ttlSeconds = Number(ttl);
  if (!ID.test(id) || !COUNT.test(ttl) || ttlSeconds < TTL_SECONDS_MIN || ttlSeconds > TTL_SECONDS_MAX)
    return undefined;
  if (moment === null || entries === undefined || (mode !== 'runtime' && mode !== 'persistent')) return undefined;
  return {
    verb: 'set',
    id,
    ttlSeconds,
    notAfter: { boot8: moment[1] ?? '', uptimeSeconds: Number(moment[2]) },
    persistent: mode === 'persistent',
    entries,
  };
};

/**
 * Reads a request line as the gate does, short of what only the host knows (its allow-list, bounds and values).
 * @returns undefined for everything that isn't exactly a request
 */
export const parseRequest = (line: string): GateRequest | undefined => {
  if (line.length > REQUEST_CHARACTERS_MAX || !/^[a-z0-9._,:-]+( [a-z0-9._,:-]+){0,12}$/.test(line)) return undefined;
  const [verb, ...words] = line.split(' ');
  const [word = ''] = words;
  switch (verb) {
    case 'set':
      return parseSet(words);
    case 'confirm':
    case 'revert':
    case 'status':
      return words.length === 1 && ID.test(word) ? { verb, id: word } : undefined;
    case 'get':
      return words.length === 1 && KEY.test(word) ? { verb, key: word } : undefined;
    case 'log':
      return words.length === 1 && COUNT.test(word) && Number(word) >= 1 && Number(word) <= LOG_LINES_MAX
        ? { verb, lines: Number(word) }
        : undefined;
    case 'list':
    case 'version':
    case 'probe':
    case 'sysctls':
      return words.length === 0 ? { verb } : undefined;
    default:
      return undefined;
  }
};

/** `KEY:OLD:NEW` */
export const entryWord = ({ key, from, to }: GateEntry): string => `${key}:${wireValue(from)}:${wireValue(to)}`;

const wordsOf = (request: GateRequest): readonly (string | number)[] => {
  switch (request.verb) {
    case 'set': {
      const { id, ttlSeconds, notAfter, persistent, entries } = request;
      const moment = `${notAfter.boot8}.${notAfter.uptimeSeconds}`;
      return [id, ttlSeconds, moment, persistent ? 'persistent' : 'runtime', ...entries.map(entryWord)];
    }
    case 'get':
      return [request.key];
    case 'log':
      return [request.lines];
    default:
      return 'id' in request ? [request.id] : [];
  }
};

/**
 * @returns the request line
 * @throws RangeError for what the gate's grammar can't say (a ninth entry, a key twice, a list of ports that is too long …):
 *   such a request must never be made, so it is a mistake of the caller, found by reading the line back
 */
export const requestLine = (request: GateRequest): string => {
  const line = [request.verb, ...wordsOf(request)].join(' ');
  if (parseRequest(line) === undefined)
    throw new RangeError(`not a request that a gate understands: ${line.slice(0, 200)}`);
  return line;
};

/** `set`, with everything that an approval covers. See requestLine for what throws. */
export const setRequest = (request: Omit<SetRequest, 'verb'>): string => requestLine({ verb: 'set', ...request });
