/**
 * The keys that the program logs in with. Files are read and decrypted once, and signed with through a kept KeyObject:
 * ssh2 would parse the PEM again for every signature (648 µs against 33 µs), and its decryption of new-format keys blocks
 * the thread for up to seconds.
 */
import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import ssh2, { type GetStreamCallback, type ParsedKey } from 'ssh2';
import type { Identity } from '../core/inventory.js';
import { failure, tame } from './failures.js';
import { fingerprint } from './host-keys.js';
import { publicBlobOf } from './public-blob.js';

const { BaseAgent, OpenSSHAgent, utils } = ssh2;

/** More would run into sshd's MaxAuthTries (6 by default) before the last is tried. */
const OFFERED_MAX = 6;

/** How long a key file is taken as unchanged without a look at its time stamp: a sweep asks for it once for every host. */
const RECHECK_MS = 2_000;

export interface Signer {
  publicKey: ParsedKey;
  /** path or comment, and fingerprint: for people */
  label: string;
  /** the key is here: a signature costs microseconds, and neither a question to an agent nor a touch of a finger */
  local: boolean;
  sign(data: Buffer, hash: string | undefined, done: (error: Error | null, signature?: Buffer) => void): void;
}

const HASHES: Readonly<Record<string, string>> = {
  'ecdsa-sha2-nistp256': 'sha256',
  'ecdsa-sha2-nistp384': 'sha384',
  'ecdsa-sha2-nistp521': 'sha512',
};

const asPublic = (blob: Buffer): ParsedKey => {
  const parsed = utils.parseKey(blob);
  if (parsed instanceof Error) throw parsed;
  return parsed;
};

const fileSigner = (path: string, blob: Buffer, key: KeyObject): Signer => {
  const publicKey = asPublic(blob);
  return {
    publicKey,
    label: `${path} (${fingerprint(blob)})`,
    local: true,
    sign: (data, hash, done) => {
      const type: string = publicKey.type;
      if (type === 'ssh-ed25519') return done(null, sign(null, data, key));
      const digest = type === 'ssh-rsa' ? hash : HASHES[type];
      // An RSA key without a SHA-2 hash named is the old ssh-rsa signature over SHA-1: never given.
      if (digest === undefined || digest === 'sha1') return done(new Error('refused to sign with SHA-1'));
      done(null, sign(digest, data, key));
    },
  };
};

/** A key in a format that only OpenSSL reads: PKCS#8, encrypted or not. */
const throughOpenssl = (path: string, text: string, passphrase: string | undefined): Signer => {
  const key = createPrivateKey({ key: text, ...(passphrase === undefined ? {} : { passphrase }) });
  const blob = publicBlobOf(createPublicKey(key));
  if (blob === undefined) throw new Error(`keys of type ${key.asymmetricKeyType ?? 'unknown'} can't be used`);
  return fileSigner(path, blob, key);
};

const parse = (path: string, text: string, passphrase: string | undefined): Signer => {
  if (/^-----BEGIN (ENCRYPTED )?PRIVATE KEY-----/m.test(text)) return throughOpenssl(path, text, passphrase);
  const parsed = utils.parseKey(text, passphrase);
  const key = Array.isArray(parsed) ? (parsed[0] as ParsedKey | undefined) : parsed;
  if (key === undefined || key instanceof Error) throw key ?? new Error('no key in the file');
  if (!key.isPrivateKey()) throw new Error('it holds a public key, not a private one');
  return fileSigner(path, key.getPublicSSH(), createPrivateKey(key.getPrivatePEM()));
};

/** An agent tells its keys without asking anybody: one that takes longer is stuck, and the other identities are tried. */
const LISTING_MS = 3_000;
/** A signature may take a touch of a finger; after this the login's own time is up. */
const SIGNING_MS = 10_000;

/** Hangs up when the agent has been silent for so long: ssh2 would wait, and hold the socket, for ever. */
class ImpatientAgent extends OpenSSHAgent {
  readonly #silentMs: number;

  constructor(socket: string, silentMs: number) {
    super(socket);
    this.#silentMs = silentMs;
  }

  override getStream(done: GetStreamCallback): void {
    super.getStream((error, stream) => {
      const why = new Error(`it did not answer within ${this.#silentMs / 1000} s`);
      if (stream instanceof Socket) stream.setTimeout(this.#silentMs, () => stream.destroy(why));
      done(error, stream);
    });
  }
}

/** Asks an ssh-agent for its keys at every login: people add and remove them. */
const agentSigners = (socket: string): Promise<Signer[]> =>
  new Promise((resolve, reject) => {
    const agent = new ImpatientAgent(socket, SIGNING_MS);
    new ImpatientAgent(socket, LISTING_MS).getIdentities((error, keys) => {
      if (error || keys === undefined) return reject(error ?? new Error('the agent gave no keys'));
      resolve(
        keys.flatMap((publicKey): Signer[] => {
          // OpenSSHAgent hands out parsed keys; its types also allow entries of other agents.
          if (!('getPublicSSH' in publicKey)) return [];
          const blob = publicKey.getPublicSSH();
          return [
            {
              publicKey,
              label: `agent: ${tame(publicKey.comment) || publicKey.type} (${fingerprint(blob)})`,
              local: false,
              sign: (data, hash, done) => {
                if (publicKey.type === 'ssh-rsa' && (hash === undefined || hash === 'sha1'))
                  return done(new Error('refused to sign with SHA-1'));
                agent.sign(publicKey, data, hash === undefined ? {} : { hash: hash as 'sha256' }, (failed, signature) =>
                  done(failed ?? null, Buffer.isBuffer(signature) ? signature : undefined),
                );
              },
            },
          ];
        }),
      );
    });
  });

/** What ssh2 asks for keys and signatures; it never sees a private key. */
export class SigningAgent extends BaseAgent<ParsedKey> {
  /** labels of the keys that the host was asked about */
  readonly offered: readonly string[];
  readonly #signers: readonly Signer[];

  constructor(signers: readonly Signer[]) {
    super();
    this.#signers = signers;
    this.offered = signers.map(({ label }) => label);
  }

  /** in the order in which they are offered */
  get keys(): readonly ParsedKey[] {
    return this.#signers.map(({ publicKey }) => publicKey);
  }

  /** Whether to sign without asking first whether the host would take this key. */
  signsAtOnce(publicKey: ParsedKey): boolean {
    return this.#signers.some((one) => one.publicKey === publicKey && one.local);
  }

  override getIdentities(done: (error?: Error | null, keys?: ParsedKey[]) => void): void {
    done(null, [...this.keys]);
  }

  override sign(
    publicKey: ParsedKey,
    data: Buffer,
    options: { hash?: string } | ((error?: Error | null, signature?: Buffer) => void),
    callback?: (error?: Error | null, signature?: Buffer) => void,
  ): void {
    const done = typeof options === 'function' ? options : callback;
    if (done === undefined) return;
    const signer =
      this.#signers.find((one) => one.publicKey === publicKey) ??
      this.#signers.find((one) => one.publicKey.getPublicSSH().equals(publicKey.getPublicSSH()));
    try {
      if (signer === undefined) throw new Error('not one of the offered keys');
      signer.sign(data, typeof options === 'function' ? undefined : options.hash, done);
    } catch (error) {
      done(error instanceof Error ? error : new Error('signing failed'));
    }
  }
}

/** Loads identities and keeps what it decrypted for as long as the file stays as it is. */
export class Identities {
  readonly #files = new Map<string, { version: string; checkedAtMs: number; signer: Promise<Signer> }>();
  readonly #environment: Readonly<Record<string, string | undefined>>;

  constructor(environment: Readonly<Record<string, string | undefined>>) {
    this.#environment = environment;
  }

  async #file(identity: Extract<Identity, { kind: 'file' }>): Promise<Signer> {
    const { path, passphraseEnv } = identity;
    const key = `${path}\0${passphraseEnv ?? ''}`;
    const before = this.#files.get(key);
    if (before !== undefined && performance.now() - before.checkedAtMs < RECHECK_MS) return before.signer;
    const { mtimeMs, size, ino } = await stat(path);
    const version = `${mtimeMs} ${size} ${ino}`;
    const cached = this.#files.get(key);
    if (cached?.version === version) {
      cached.checkedAtMs = performance.now();
      return cached.signer;
    }
    const passphrase = passphraseEnv === undefined ? undefined : this.#environment[passphraseEnv];
    if (passphraseEnv !== undefined && passphrase === undefined)
      throw new Error(`the environment variable ${passphraseEnv}, which holds its passphrase, is not set`);
    const signer = readFile(path, 'utf8').then((text) => parse(path, text, passphrase));
    this.#files.set(key, { version, checkedAtMs: performance.now(), signer });
    // What failed may be mended without touching the file (a variable, a permission): try afresh next time.
    signer.catch(() => this.#files.delete(key));
    return signer;
  }

  /**
   * The agent to log in with: every identity that can be read, in the order of the inventory.
   * @throws Failure `identity-unreadable` when none can
   */
  async agentFor(identities: readonly Identity[], where: string): Promise<SigningAgent> {
    const signers: Signer[] = [];
    const problems: string[] = [];
    for (const identity of identities) {
      const name = identity.kind === 'file' ? identity.path : 'ssh-agent';
      try {
        if (identity.kind === 'file') signers.push(await this.#file(identity));
        else {
          const socket = identity.socket ?? this.#environment['SSH_AUTH_SOCK'];
          if (socket === undefined) throw new Error('SSH_AUTH_SOCK is not set');
          signers.push(...(await agentSigners(socket)));
        }
      } catch (error) {
        problems.push(`${name}: ${whyUnreadable(error)}`);
      }
    }
    if (signers.length === 0) {
      const why = problems.length > 0 ? problems.join('; ') : 'the agent holds none, or none is named in the inventory';
      throw failure('identity-unreadable', where, { say: `no usable key to log in with (${why}).` });
    }
    return new SigningAgent(signers.slice(0, OFFERED_MAX));
  }

  /** Reads and decrypts ahead of time, so that nobody waits for it later. */
  async prepare(identities: readonly Identity[]): Promise<void> {
    for (const identity of identities) if (identity.kind === 'file') await this.#file(identity).catch(() => undefined);
  }
}

/** The reason without anything of the key or its passphrase. */
const whyUnreadable = (error: unknown): string => {
  if (!(error instanceof Error)) return 'unreadable';
  if ('code' in error && error.code === 'ENOENT') return 'no such file';
  if ('code' in error && error.code === 'EACCES') return 'permission denied';
  if (/integrity check|bad decrypt|bad passphrase|BAD_DECRYPT/i.test(error.message)) return 'wrong passphrase';
  if (/no passphrase|passphrase required|interrupted or cancelled/i.test(error.message))
    return 'it is encrypted; name the environment variable that holds its passphrase';
  if (/Unsupported OpenSSH|Unsupported key|sk-/i.test(error.message))
    return "keys of this type or format can't be used";
  return tame(error.message);
};
