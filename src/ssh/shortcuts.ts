/**
 * Ways past what ssh2 does slowly. Each is measured, and each is simply not taken where ssh2's inside looks otherwise: then a
 * login costs more, and that is all.
 */
import { createPrivateKey, createPublicKey, diffieHellman, type KeyObject, randomBytes, verify } from 'node:crypto';
import ssh2, { type ParsedKey, type Client as SshClient } from 'ssh2';
import type { SigningAgent } from './identities.js';

const { utils } = ssh2;

/** The fields of a blob in SSH's wire format (RFC 4251 5, string and mpint). @throws RangeError when it is cut short */
const fieldsOf = (blob: Buffer): Buffer[] => {
  const fields: Buffer[] = [];
  for (let at = 0; at < blob.length; ) {
    const end = at + 4 + blob.readUInt32BE(at);
    if (end > blob.length) throw new RangeError('cut short');
    fields.push(blob.subarray(at + 4, end));
    at = end;
  }
  return fields;
};

const base64url = (bytes: Buffer): string => bytes.toString('base64url');

/** Leading zeros are how an mpint says that it is positive; JWK (RFC 7518 6.3.1) has none. */
const unsigned = (mpint: Buffer): Buffer =>
  mpint.subarray(
    Math.max(
      0,
      mpint.findIndex((byte) => byte !== 0),
    ),
  );

/** A public key from its blob, through JWK: OpenSSL's decoders for PEM and DER cost ten times as much. */
export const keyOfBlob = (blob: Buffer): KeyObject | undefined => {
  const [type, first, second] = fieldsOf(blob);
  if (first === undefined) return undefined;
  switch (type?.toString('latin1')) {
    case 'ssh-ed25519':
      return createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: base64url(first) } });
    case 'ssh-rsa':
      if (second === undefined) return undefined;
      return createPublicKey({
        format: 'jwk',
        key: { kty: 'RSA', e: base64url(unsigned(first)), n: base64url(unsigned(second)) },
      });
    case 'ecdsa-sha2-nistp256': {
      if (second?.length !== 65 || second[0] !== 4) return undefined;
      const [x, y] = [second.subarray(1, 33), second.subarray(33)];
      return createPublicKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-256', x: base64url(x), y: base64url(y) } });
    }
    default:
      return undefined;
  }
};

/** `null`: the algorithm hashes by itself */
const hashFor = (type: string, algorithm: string | undefined): string | null | undefined => {
  if (type === 'ssh-ed25519') return null;
  if (type === 'ecdsa-sha2-nistp256') return 'sha256';
  return algorithm === 'sha256' || algorithm === 'sha512' ? algorithm : undefined;
};

type Verify = (this: ParsedKey, data: Buffer, signature: Buffer, algorithm?: string) => boolean | Error;

const SAMPLE = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f';

/**
 * ssh2 writes a host's key as PEM and has it read again for every signature that it checks: one in the key exchange and one
 * for each key that the host proves after the login. 0.3 ms becomes 0.2 for Ed25519 and 0.06 for RSA.
 */
const verifyWithoutPem = (): void => {
  const sample = utils.parseKey(SAMPLE);
  if (sample instanceof Error) return;
  const shared = Object.getPrototypeOf(sample) as { verify?: Verify };
  const slow = shared.verify;
  if (typeof slow !== 'function') return;
  shared.verify = function (data, signature, algorithm) {
    try {
      const hash = hashFor(this.type, algorithm);
      const key = hash === undefined ? undefined : keyOfBlob(this.getPublicSSH());
      if (key !== undefined && hash !== undefined) return verify(hash, data, key, signature);
    } catch {
      // What can't be read this way is judged the long way.
    }
    return slow.call(this, data, signature, algorithm);
  };
};
verifyWithoutPem();

type AuthPK = (
  user: string,
  key: ParsedKey,
  algorithm?: string,
  sign?: (data: Buffer, done: (signature: Buffer) => void) => void,
) => void;

/** What it takes to send one packet. */
interface Packets {
  /** set while keys are exchanged: nothing else may be sent then */
  _kexinit?: unknown;
  _cipher: { encrypt(packet: Buffer): void };
  _packetRW: { write: { allocStart: number; alloc(bytes: number): Buffer; finalize(packet: Buffer): Buffer } };
  requestSuccess(): void;
}

type Exec = (channel: number, command: string, wantReply: boolean) => void;

interface Inside {
  _remoteVer?: unknown;
  _protocol?: {
    authPK?: AuthPK;
    service?: (name: string) => void;
    exec?: Exec;
    _kex?: object;
    _handlers?: {
      SERVICE_ACCEPT?: (protocol: unknown, name: string) => void;
      GLOBAL_REQUEST?: (protocol: Packets, name: string, wantReply: boolean, data: Buffer) => void;
    };
  };
}

const RSA_HASHES: Readonly<Record<string, string>> = { 'rsa-sha2-256': 'sha256', 'rsa-sha2-512': 'sha512' };

/**
 * Two round trips fewer to a login, and as many wake-ups of the host's sshd: the first signature comes with the first request
 * instead of after the question whether the key would do (RFC 4252 7 allows both), and both come with the request for the
 * service instead of after its acceptance. To be called right after `connect`.
 * @param onOnlyKey told when the one key that there is was sent early: what is sent from now on is read after the login, which
 * OpenSSH's server allows
 */
export const logInAtOnce = (client: SshClient, agent: SigningAgent, onOnlyKey: () => void): void => {
  const inside = client as unknown as Inside;
  const protocol = inside._protocol;
  if (typeof protocol?.authPK !== 'function') return;
  const ask = protocol.authPK.bind(protocol);
  protocol.authPK = (user, key, algorithm, sign) => {
    if (sign !== undefined || !agent.signsAtOnce(key)) return ask(user, key, algorithm, sign);
    const hash = RSA_HASHES[algorithm ?? ''];
    ask(user, key, algorithm, (data, done) =>
      agent.sign(key, data, hash === undefined ? {} : { hash }, (error, signature) =>
        error || signature === undefined ? ask(user, key, algorithm) : sent(() => done(signature)),
      ),
    );
  };
  let early = false;
  const sent = (send: () => void): void => {
    send();
    if (early && agent.keys.length === 1) onOnlyKey();
  };

  const handlers = protocol._handlers;
  const accepted = handlers?.SERVICE_ACCEPT;
  const service = protocol.service?.bind(protocol);
  const [first] = agent.keys;
  // How an RSA key may sign is told beside the acceptance (RFC 8308): then it must be awaited.
  if (handlers === undefined || accepted === undefined || service === undefined) return;
  if (first === undefined || first.type === 'ssh-rsa' || !agent.signsAtOnce(first)) return;
  protocol.service = (name) => {
    service(name);
    if (!/^OpenSSH_/.test(String(inside._remoteVer))) return;
    early = true;
    accepted(protocol, name);
  };
  handlers.SERVICE_ACCEPT = (from, name) => {
    if (!early) accepted(from, name);
  };
};

const IGNORE = [2, 0, 0, 0, 0];

/**
 * sshd tells all its keys after the login, and ssh2 has every one of them proved: a signature of the host and a verification
 * here for each, of which nothing is used, since keys are pinned. Without any answer, though, sshd's next packet would wait for
 * a delayed acknowledgement (40 ms): so an empty SSH_MSG_IGNORE (RFC 4253 11.2) goes out in its place.
 */
export const withoutProofs = (client: SshClient): void => {
  const handlers = (client as unknown as Inside)._protocol?._handlers;
  const others = handlers?.GLOBAL_REQUEST;
  if (handlers === undefined || others === undefined) return;
  handlers.GLOBAL_REQUEST = (protocol, name, wantReply, data) => {
    if (name !== 'hostkeys-00@openssh.com' || protocol._kexinit !== undefined)
      return others(protocol, name, wantReply, data);
    if (wantReply) protocol.requestSuccess();
    const { write } = protocol._packetRW;
    const packet = write.alloc(IGNORE.length);
    packet.set(IGNORE, write.allocStart);
    protocol._cipher.encrypt(write.finalize(packet));
  };
};

/** OpenSSH numbers channels from here (channel_new in channels.c takes the first free place). */
const FIRST_CHANNEL = 0;

/**
 * The command right behind the request for the first session, whose number at the other side is known: one round trip and one
 * wake-up of sshd fewer. To be called after that request, on a connection to an OpenSSH server with no other session.
 */
export const runAhead = (client: SshClient, command: string): void => {
  const protocol = (client as unknown as Inside)._protocol;
  const exec = protocol?.exec?.bind(protocol);
  if (protocol === undefined || exec === undefined) return;
  exec(FIRST_CHANNEL, command, true);
  protocol.exec = (channel, later, wantReply) => {
    protocol.exec = exec;
    // This is ssh2 coming to what was sent already; it waits for the reply to it.
    if (channel !== FIRST_CHANNEL || later !== command) exec(channel, later, wantReply);
  };
};

interface X25519Exchange {
  type: string;
  _keys: { publicKey: KeyObject; privateKey: KeyObject } | null;
  generateKeys(): void;
  getPublicKey(): Buffer;
  computeSecret(theirs: Buffer): Buffer | Error;
}

/** Without leading zeros, with one where the first bit is set (RFC 4251 5). */
const positive = (bytes: Buffer): Buffer => {
  const digits = unsigned(bytes);
  return (digits[0] ?? 0) < 128 ? digits : Buffer.concat([Buffer.of(0), digits]);
};

/**
 * A new pair without Node's key generator: a collection of garbage that meets what it left behind while such a key is being
 * exported waits for a lock that its own thread holds (Node 20, KeyPairGenConfig in crypto_keygen.h), and the thread hangs for
 * ever. Seen once in some ten thousand logins. Any 32 bytes are a private key (RFC 7748 5); `x` of a private JWK is not read.
 */
export const newX25519 = (): { publicKey: KeyObject; privateKey: KeyObject } => {
  const key = { kty: 'OKP', crv: 'X25519', x: '', d: base64url(randomBytes(32)) };
  const privateKey = createPrivateKey({ format: 'jwk', key });
  return { publicKey: createPublicKey(privateKey), privateKey };
};

let derGone = false;

/**
 * ssh2 takes both public keys of a curve25519 exchange (RFC 8731) through DER, at ten times the cost of JWK. Its class is only
 * to be had from an exchange that took place: the first one goes the long way.
 */
export const withoutDer = (client: SshClient): void => {
  if (derGone) return;
  client.once('handshake', () => {
    const exchange = (client as unknown as Inside)._protocol?._kex as X25519Exchange | undefined;
    if (derGone || exchange?.type !== '25519' || exchange._keys?.privateKey.asymmetricKeyType !== 'x25519') return;
    derGone = true;
    const shared = Object.getPrototypeOf(exchange) as X25519Exchange;
    const { getPublicKey } = shared;
    shared.generateKeys = function () {
      this._keys ??= newX25519();
    };
    shared.getPublicKey = function () {
      this.generateKeys();
      const x = this._keys?.publicKey.export({ format: 'jwk' }).x;
      return x === undefined ? getPublicKey.call(this) : Buffer.from(x, 'base64url');
    };
    shared.computeSecret = function (theirs) {
      this.generateKeys();
      try {
        if (this._keys === null) throw new Error('no key of its own');
        return positive(sharedX25519(this._keys.privateKey, theirs));
      } catch (error) {
        return error instanceof Error ? error : new Error('no shared secret');
      }
    };
  });
};

/** @throws when `theirs` is no point, or one that gives no secret (all zeros; RFC 7748 6.1) */
export const sharedX25519 = (privateKey: KeyObject, theirs: Buffer): Buffer => {
  const key = { kty: 'OKP', crv: 'X25519', x: base64url(theirs) };
  return diffieHellman({ privateKey, publicKey: createPublicKey({ format: 'jwk', key }) });
};
