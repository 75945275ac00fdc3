/** The ways past ssh2's slow paths lead where the long ways do. */
import { execFileSync } from 'node:child_process';
import { createPublicKey, diffieHellman, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import ssh2, { type ParsedKey } from 'ssh2';
import { keyOfBlob, newX25519, sharedX25519 } from '../../src/ssh/shortcuts.js';
import { Scratch } from './sshd.js';

const parsed = (text: string): ParsedKey => {
  const key = ssh2.utils.parseKey(text);
  if (key instanceof Error) throw key;
  return key;
};

describe('signatures of hosts', () => {
  const scratch = new Scratch();
  afterAll(() => scratch.remove());

  const bits = [
    ['ed25519', '256', undefined],
    ['rsa', '2048', 'sha256'],
    ['rsa', '3072', 'sha512'],
    ['ecdsa', '256', undefined],
    ['ecdsa', '384', undefined],
  ] as const;

  test.each(bits)('%s %s: a good one is good, everything else is not', (type, size, hash) => {
    const path = `${scratch.path}/${type}-${size}`;
    execFileSync('ssh-keygen', ['-q', '-t', type, '-b', size, '-N', '', '-f', path]);
    const key = parsed(readFileSync(`${path}.pub`, 'utf8'));
    const data = randomBytes(100);
    const signature = parsed(readFileSync(path, 'utf8')).sign(data, hash as 'sha256');
    expect(key.verify(data, signature, hash as 'sha256')).toBe(true);
    for (const at of [0, 50, 99]) {
      const other = Buffer.from(data);
      other.writeUInt8((data[at] ?? 0) ^ 1, at);
      expect(key.verify(other, signature, hash as 'sha256')).toBe(false);
    }
    expect(key.verify(data, randomBytes(signature.length), hash as 'sha256')).not.toBe(true);
    expect(key.verify(data, Buffer.alloc(0), hash as 'sha256')).not.toBe(true);
    // The same key as OpenSSL reads it from the PEM.
    const mine = keyOfBlob(key.getPublicSSH());
    expect(mine === undefined || mine.equals(createPublicKey(key.getPublicPEM()))).toBe(true);
    expect(mine === undefined).toBe(size === '384');
  });

  test('a blob that is no key gives no key', () => {
    const gives = (blob: Buffer): boolean => {
      try {
        return keyOfBlob(blob) !== undefined;
      } catch {
        return false;
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => !gives(Buffer.from(bytes))));
  });
});

describe('the secret of a curve25519 exchange', () => {
  const raw = (key: KeyObject): Buffer => Buffer.from(String(key.export({ format: 'jwk' }).x), 'base64url');

  test('is the one that the other side has', () => {
    const [ours, theirs] = [generateKeyPairSync('x25519'), generateKeyPairSync('x25519')];
    const secret = diffieHellman({ privateKey: theirs.privateKey, publicKey: ours.publicKey });
    expect(sharedX25519(ours.privateKey, raw(theirs.publicKey))).toEqual(secret);
  });

  test('a point that leads to no secret, or is none, is refused', () => {
    const { privateKey } = generateKeyPairSync('x25519');
    const low = Buffer.concat([Buffer.of(1), Buffer.alloc(31)]);
    for (const theirs of [Buffer.alloc(32), low, Buffer.alloc(31, 5), Buffer.alloc(33, 5), Buffer.alloc(0)])
      expect(() => sharedX25519(privateKey, theirs)).toThrow();
  });
});

test('a pair made without the key generator agrees with one that OpenSSL made, and no two are alike', () => {
  const theirs = generateKeyPairSync('x25519');
  const raw = (key: KeyObject): Buffer => Buffer.from(String(key.export({ format: 'jwk' }).x), 'base64url');
  const ours = newX25519();
  expect(raw(ours.publicKey)).toHaveLength(32);
  expect(sharedX25519(ours.privateKey, raw(theirs.publicKey))).toEqual(
    sharedX25519(theirs.privateKey, raw(ours.publicKey)),
  );
  expect(raw(newX25519().publicKey)).not.toEqual(raw(ours.publicKey));
});
