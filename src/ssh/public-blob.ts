/** Public keys in SSH's wire format, from OpenSSL's. RFC 4253 6.6, RFC 5656 3.1, RFC 8709 4. */
import type { KeyObject } from 'node:crypto';

const field = (data: Buffer | string): Buffer => {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data;
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};

/** A positive number: no leading zeros but one where the first bit is set. */
const mpint = (base64url: string): Buffer => {
  const bytes = Buffer.from(base64url, 'base64url');
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = bytes.subarray(Math.max(0, first));
  return field((digits[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.of(0), digits]) : digits);
};

const CURVES: Readonly<Record<string, string>> = { 'P-256': 'nistp256', 'P-384': 'nistp384', 'P-521': 'nistp521' };

/** @returns undefined for types that SSH has no use for */
export const publicBlobOf = (key: KeyObject): Buffer | undefined => {
  const { kty, crv, x, y, n, e } = key.export({ format: 'jwk' });
  if (kty === 'OKP' && crv === 'Ed25519' && x !== undefined)
    return Buffer.concat([field('ssh-ed25519'), field(Buffer.from(x, 'base64url'))]);
  if (kty === 'RSA' && n !== undefined && e !== undefined) return Buffer.concat([field('ssh-rsa'), mpint(e), mpint(n)]);
  const curve = crv === undefined ? undefined : CURVES[crv];
  if (kty === 'EC' && curve !== undefined && x !== undefined && y !== undefined) {
    const point = Buffer.concat([Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
    return Buffer.concat([field(`ecdsa-sha2-${curve}`), field(curve), field(point)]);
  }
  return undefined;
};
