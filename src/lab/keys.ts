/** Key pairs for hosts to try things on; they are gone with them. */
import ssh2 from 'ssh2';

const TRIES_MAX = 20;

/**
 * A new ed25519 pair in OpenSSH's format. One in 150 that ssh2 1.17 makes can't be read again, by itself or by OpenSSH, so
 * each is read before it is used.
 * @throws Error when none of twenty can be read
 */
export const newKeyPair = (): { private: string; public: string } => {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519');
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error) && !(ssh2.utils.parseKey(pair.public) instanceof Error))
      return pair;
  }
  throw new Error('no key pair could be made that can be read again');
};
