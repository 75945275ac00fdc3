/**
 * The known_hosts file, read as OpenSSH reads it: hashed names, `[host]:port`, `*` and `?`, `!negation`, `@cert-authority`,
 * `@revoked`. sshd(8), SSH_KNOWN_HOSTS FILE FORMAT.
 */
import { createHmac } from 'node:crypto';
import { matchesGlob } from '../core/glob.js';
import { blockOf, HmacSha1 } from './sha1.js';

export interface KnownHostsLine {
  marker: 'key' | 'cert-authority' | 'revoked';
  /** as in the key blob: `ssh-ed25519`, `ssh-rsa`, … */
  type: string;
  /** the public key in SSH's wire format, base64 */
  key: string;
}

interface HashedLine {
  salt: Uint8Array;
  hmac: HmacSha1;
  digest: Int32Array;
  line: KnownHostsLine;
}

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** The type that the blob itself names; undefined when it is not a key blob. */
export const typeOfBlob = (blob: Uint8Array): string | undefined => {
  if (blob.length < 5) return undefined;
  const length = new DataView(blob.buffer, blob.byteOffset, 4).getUint32(0);
  if (length === 0 || length > 64 || blob.length < 4 + length + 4) return undefined;
  const type = Buffer.from(blob.buffer, blob.byteOffset + 4, length).toString('latin1');
  return /^[a-z0-9@.-]+$/i.test(type) ? type : undefined;
};

/** `ssh-ed25519 AAAA… comment` as a known-hosts line without names; undefined when it is no public key. */
export const parsePublicKey = (text: string): { type: string; key: string } | undefined => {
  const [type, key] = text.trim().split(/[ \t]+/);
  if (type === undefined || key === undefined || !BASE64.test(key)) return undefined;
  const blob = Buffer.from(key, 'base64');
  return typeOfBlob(blob) === type ? { type, key: blob.toString('base64') } : undefined;
};

/** As match_pattern_list(): both sides are lower case here, and a negated pattern that matches ends it. */
const matchesList = (name: string, patterns: readonly string[]): boolean => {
  let found = false;
  for (const pattern of patterns) {
    if (pattern.startsWith('!')) {
      if (matchesGlob(pattern.slice(1), name)) return false;
    } else if (!found && matchesGlob(pattern, name)) found = true;
  }
  return found;
};

const wordsOf = (digest: Buffer): Int32Array => Int32Array.from({ length: 5 }, (_, i) => digest.readInt32BE(i * 4));

/** What ssh looks up: the bare name on port 22, `[name]:port` elsewhere. */
export const lookupName = (address: string, port: number): string =>
  port === 22 ? address.toLowerCase() : `[${address.toLowerCase()}]:${port}`;

export class KnownHosts {
  /** lines whose names are plain, by name: the common case, found at once */
  readonly #plain = new Map<string, KnownHostsLine[]>();
  readonly #patterns: { patterns: readonly string[]; line: KnownHostsLine }[] = [];
  /** lines that have not been matched by any name yet; one line can be only one name's */
  #hashed: HashedLine[] = [];
  readonly #found = new Map<string, readonly KnownHostsLine[]>();
  /** lines that could not be read, by number: said in the log beside a key that is not pinned, never guessed at */
  readonly unreadable: number[] = [];

  constructor(text: string) {
    text.split(/\r?\n/).forEach((raw, index) => {
      const line = raw.trim();
      if (line !== '' && !line.startsWith('#') && !this.#add(line)) this.unreadable.push(index + 1);
    });
  }

  #add(text: string): boolean {
    const fields = text.split(/[ \t]+/);
    let marker: KnownHostsLine['marker'] = 'key';
    if (fields[0]?.startsWith('@')) {
      const name = fields.shift();
      if (name === '@cert-authority') marker = 'cert-authority';
      else if (name === '@revoked') marker = 'revoked';
      else return false;
    }
    const names = fields[0];
    const key = parsePublicKey(fields.slice(1).join(' '));
    if (names === undefined || key === undefined) return false;
    const line: KnownHostsLine = { marker, ...key };
    if (names.startsWith('|')) {
      const [empty, version, salt, digest] = names.split('|');
      if (empty !== '' || version !== '1' || salt === undefined || digest === undefined) return false;
      const saltBytes = Buffer.from(salt, 'base64');
      const digestBytes = Buffer.from(digest, 'base64');
      if (saltBytes.length !== 20 || digestBytes.length !== 20) return false;
      this.#hashed.push({ salt: saltBytes, hmac: new HmacSha1(saltBytes), digest: wordsOf(digestBytes), line });
      return true;
    }
    const patterns = names.toLowerCase().split(',').filter(Boolean);
    if (patterns.some((pattern) => /[*?!]/.test(pattern))) {
      this.#patterns.push({ patterns, line });
      return true;
    }
    for (const name of new Set(patterns)) {
      const lines = this.#plain.get(name);
      if (lines === undefined) this.#plain.set(name, [line]);
      else lines.push(line);
    }
    return true;
  }

  #takeHashed(name: string): KnownHostsLine[] {
    if (this.#hashed.length === 0) return [];
    const bytes = Buffer.from(name);
    const block = blockOf(bytes);
    const mine = (entry: HashedLine): boolean =>
      block === undefined
        ? wordsOf(createHmac('sha1', entry.salt).update(bytes).digest()).every((word, i) => word === entry.digest[i])
        : entry.hmac.equals(block, entry.digest);
    const taken: KnownHostsLine[] = [];
    const left: HashedLine[] = [];
    for (const entry of this.#hashed) {
      if (mine(entry)) taken.push(entry.line);
      else left.push(entry);
    }
    if (taken.length > 0) this.#hashed = left;
    return taken;
  }

  /**
   * Every line whose names match. The first look-up of a name costs about 1 µs for each hashed line; after it the answer is
   * remembered. @param name as `lookupName` makes it, or an alias
   */
  find(name: string): readonly KnownHostsLine[] {
    const key = name.toLowerCase();
    const before = this.#found.get(key);
    if (before !== undefined) return before;
    const found = [
      ...(this.#plain.get(key) ?? []),
      ...this.#patterns.filter(({ patterns }) => matchesList(key, patterns)).map(({ line }) => line),
      ...this.#takeHashed(key),
    ];
    this.#found.set(key, found);
    return found;
  }
}
