/** Which host keys are trusted for a host, and what to say about the one it presents. There is no trust on first use. */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { Host } from '../core/inventory.js';
import { type Failure, failure } from './failures.js';
import { KnownHosts, type KnownHostsLine, lookupName, parsePublicKey } from './known-hosts.js';
import type { Signal } from './signal.js';

export interface PinnedKeys {
  /** base64 of the key blobs */
  accepted: ReadonlySet<string>;
  revoked: ReadonlySet<string>;
  /** key types, as they are pinned, for the order of algorithms */
  types: readonly string[];
  /** a @cert-authority line names this host */
  certAuthority: boolean;
  /** where the pins come from, for messages */
  source: string;
  /** why the source could not be read */
  unreadable?: string;
  /** lines of the source that could not be read, by number: the missing pin may be one of them */
  unreadableLines: readonly number[];
}

/** `SHA256:…` as `ssh-keygen -l` prints it */
export const fingerprint = (blob: Uint8Array | string): string =>
  `SHA256:${createHash('sha256')
    .update(typeof blob === 'string' ? Buffer.from(blob, 'base64') : blob)
    .digest('base64')
    .replace(/=+$/, '')}`;

const pinnedFrom = (
  lines: readonly KnownHostsLine[],
  source: string,
  unreadableLines: readonly number[] = [],
): PinnedKeys => {
  const keys = lines.filter(({ marker }) => marker === 'key');
  return {
    accepted: new Set(keys.map(({ key }) => key)),
    revoked: new Set(lines.filter(({ marker }) => marker === 'revoked').map(({ key }) => key)),
    types: [...new Set(keys.map(({ type }) => type))],
    certAuthority: lines.some(({ marker }) => marker === 'cert-authority'),
    source,
    unreadableLines,
  };
};

/** @returns undefined when the key is one of the pinned ones, else why the connection must end here */
export const judgeHostKey = (pinned: PinnedKeys, blob: Uint8Array, where: string): Failure | undefined => {
  const presented = Buffer.from(blob).toString('base64');
  if (pinned.accepted.has(presented) && !pinned.revoked.has(presented)) return undefined;
  const fingerprints = { expected: [...pinned.accepted].map((key) => fingerprint(key)), presented: fingerprint(blob) };
  if (pinned.revoked.has(presented)) return failure('host-key-revoked', where, { fingerprints });
  const bad = pinned.unreadableLines;
  const extras = {
    fingerprints,
    ...(bad.length === 0 ? {} : { detail: `${pinned.source} has lines that can't be read: ${bad.join(', ')}` }),
  };
  if (pinned.accepted.size > 0) return failure('host-key-changed', where, extras);
  if (pinned.unreadable !== undefined)
    return failure('host-key-unknown', where, {
      ...extras,
      say: `its host key could not be compared: ${pinned.source} is not readable (${pinned.unreadable}).`,
    });
  if (pinned.certAuthority)
    return failure('host-key-unknown', where, {
      ...extras,
      say: `only a @cert-authority line of ${pinned.source} vouches for it, and host certificates can't be verified here. Pin the host's own key beside it: tcpstates hosts pin.`,
    });
  return failure('host-key-unknown', where, extras);
};

interface CachedFile {
  version: string;
  checkedAtMs: number;
  known: KnownHosts;
}

/** How long a known_hosts file is taken as unchanged without a look at its time stamp. */
const RECHECK_MS = 2_000;
/** How long the loop is held while names are looked up ahead of time. */
const SLICE_MS = 4;

export class HostKeys {
  readonly #files = new Map<string, CachedFile>();
  readonly #reading = new Map<string, Promise<KnownHosts>>();
  /** of hosts whose keys the inventory names, which never change by themselves */
  readonly #pinned = new WeakMap<object, PinnedKeys>();

  async #file(path: string): Promise<KnownHosts> {
    const cached = this.#files.get(path);
    const nowMs = performance.now();
    if (cached !== undefined && nowMs - cached.checkedAtMs < RECHECK_MS) return cached.known;
    const reading = this.#reading.get(path);
    if (reading !== undefined) return reading;
    const fresh = this.#read(path, cached).finally(() => this.#reading.delete(path));
    this.#reading.set(path, fresh);
    return fresh;
  }

  async #read(path: string, cached: CachedFile | undefined): Promise<KnownHosts> {
    const { mtimeMs, size, ino } = await stat(path);
    const version = `${mtimeMs} ${size} ${ino}`;
    const known = cached?.version === version ? cached.known : new KnownHosts(await readFile(path, 'utf8'));
    this.#files.set(path, { version, checkedAtMs: performance.now(), known });
    return known;
  }

  /** The keys that are trusted for this host now; a changed known_hosts file is read again. Never rejects. */
  async of(host: Host): Promise<PinnedKeys> {
    if (host.hostKeys.kind === 'pinned') {
      const before = this.#pinned.get(host.hostKeys);
      if (before !== undefined) return before;
      const lines = host.hostKeys.keys.flatMap((text): KnownHostsLine[] => {
        const key = parsePublicKey(text);
        return key === undefined ? [] : [{ marker: 'key', ...key }];
      });
      const pinned = pinnedFrom(lines, 'the inventory');
      this.#pinned.set(host.hostKeys, pinned);
      return pinned;
    }
    const { path } = host.hostKeys;
    try {
      const known = await this.#file(path);
      return pinnedFrom(this.#find(known, host), path, known.unreadable);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
      return { ...pinnedFrom([], path), unreadable: code };
    }
  }

  #find(known: KnownHosts, host: Host): readonly KnownHostsLine[] {
    if (host.hostKeys.kind !== 'known-hosts') return [];
    if (host.hostKeys.alias !== undefined) return known.find(host.hostKeys.alias);
    const found = known.find(lookupName(host.address, host.port));
    if (host.port === 22) return found;
    // As ssh does: a key that is known for the bare name also stands for its other ports, and a revoked one always does.
    const bare = known.find(lookupName(host.address, 22));
    return found.length > 0 ? [...found, ...bare.filter(({ marker }) => marker === 'revoked')] : bare;
  }

  /**
   * Looks every host up ahead of time, a few milliseconds at a time: with hashed names the first look-up of each costs
   * about a microsecond a line, which would otherwise be paid while people wait.
   */
  async prepare(hosts: readonly Host[], signal: Signal): Promise<void> {
    let sliceEndsMs = performance.now() + SLICE_MS;
    for (const host of hosts) {
      if (signal.aborted) return;
      if (host.hostKeys.kind !== 'known-hosts') continue;
      await this.of(host);
      if (performance.now() < sliceEndsMs) continue;
      await new Promise((resolve) => setImmediate(resolve));
      sliceEndsMs = performance.now() + SLICE_MS;
    }
  }
}
