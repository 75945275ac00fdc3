/** The keys that a host presents, for an operator to compare. Nothing is trusted, and nothing is logged in to. */
import type { Duplex } from 'node:stream';
import ssh2 from 'ssh2';
import { algorithms, hostKeyAlgorithms } from './algorithms.js';
import { until } from './deadline.js';
import { Failure, failure } from './failures.js';
import { fingerprint } from './host-keys.js';
import { typeOfBlob } from './known-hosts.js';
import type { Signal } from './signal.js';

const { Client } = ssh2;

/** A server presents one key per exchange: ask once for each kind. */
const KINDS: readonly (readonly string[])[] = [
  ['ssh-ed25519'],
  ['ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521'],
  ['ssh-rsa'],
];

/**
 * One key exchange, its signature checked (so the server holds the private key), ended before any authentication.
 * @returns undefined when the server has no key of these types
 */
const keyOf = async (stream: Duplex, types: readonly string[], where: string, signal: Signal) => {
  const client = new Client();
  let key: Buffer | undefined;
  let sawBytes = false;
  const exchanged = new Promise<Buffer | undefined>((resolve, reject) => {
    client.on('error', (error) => {
      if (/no matching/i.test(error.message)) resolve(undefined);
      else {
        const reset = 'level' in error && error.level === 'client-socket';
        reject(failure(sawBytes && !reset ? 'not-ssh' : 'dropped-before-login', where, { detail: error.message }));
      }
      stream.destroy();
    });
    client.on('close', () => reject(failure('dropped-before-login', where)));
    client.once('handshake', () => {
      resolve(key);
      stream.destroy();
    });
  });
  exchanged.catch(() => undefined);
  client.connect({
    sock: stream,
    username: 'nobody',
    authHandler: [],
    hostVerifier: (blob: Buffer) => {
      key = Buffer.from(blob);
      return true;
    },
    algorithms: algorithms(hostKeyAlgorithms(types, { only: true })),
    readyTimeout: 0,
  });
  stream.once('data', () => {
    sawBytes = true;
  });
  try {
    return await until(exchanged, signal);
  } finally {
    stream.destroy();
  }
};

/** @param connect opens a new stream to the host for each exchange @throws Failure */
export const scanKeys = async (
  connect: () => Promise<Duplex>,
  where: string,
  signal: Signal,
): Promise<{ line: string; fingerprint: string }[]> => {
  const keys: { line: string; fingerprint: string }[] = [];
  let problem: unknown;
  for (const types of KINDS) {
    try {
      const blob = await keyOf(await connect(), types, where, signal);
      const type = blob === undefined ? undefined : typeOfBlob(blob);
      if (blob !== undefined && type !== undefined)
        keys.push({ line: `${type} ${blob.toString('base64')}`, fingerprint: fingerprint(blob) });
    } catch (error) {
      signal.throwIfAborted();
      problem = error;
      // Only a drop may be chance; who is not reachable at all is not asked three times.
      if (!(error instanceof Failure) || error.failure.problem !== 'dropped-before-login') break;
    }
  }
  if (keys.length > 0) return keys;
  throw problem ?? failure('no-common-algorithm', where);
};
