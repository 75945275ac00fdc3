/**
 * What is offered in the key exchange, best first. Order by measured cost: curve25519 (0.15 ms of CPU, its keys taken past DER:
 * `withoutDer`), P-256 (0.21), larger curves, finite fields; AES-GCM needs no MAC. Nothing with SHA-1, DSA, CBC or compression.
 */
import type { Algorithms, ServerHostKeyAlgorithm } from 'ssh2';

/** Host key algorithms by the type of the key that is pinned (RFC 8332: an ssh-rsa key signs with SHA-2). */
const BY_KEY_TYPE: Readonly<Record<string, readonly ServerHostKeyAlgorithm[]>> = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
};

/** Key types that can be verified, in the order in which they are asked for when nothing is pinned. */
const HOST_KEY_TYPES: readonly string[] = Object.keys(BY_KEY_TYPE);

/**
 * Pinned types first, so that a server with several keys presents one that can be compared; then the others, so that a
 * replaced key shows up as changed, with both fingerprints, and not as "no common algorithm".
 */
export const hostKeyAlgorithms = (
  pinnedTypes: readonly string[],
  { only = false }: { only?: boolean } = {},
): ServerHostKeyAlgorithm[] => {
  const types = only ? pinnedTypes : [...pinnedTypes, ...HOST_KEY_TYPES.filter((type) => !pinnedTypes.includes(type))];
  return [...new Set(types.flatMap((type) => BY_KEY_TYPE[type] ?? []))];
};

export const algorithms = (serverHostKey: readonly ServerHostKeyAlgorithm[]): Algorithms => ({
  kex: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
    'diffie-hellman-group-exchange-sha256',
    'diffie-hellman-group14-sha256',
    'diffie-hellman-group16-sha512',
  ],
  cipher: [
    'aes128-gcm@openssh.com',
    'aes256-gcm@openssh.com',
    'chacha20-poly1305@openssh.com',
    'aes128-ctr',
    'aes192-ctr',
    'aes256-ctr',
  ],
  hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'],
  compress: ['none'],
  serverHostKey: [...serverHostKey],
});
