import { expect, test } from '@jest/globals';
import ssh2 from 'ssh2';
import { newKeyPair } from '../../src/lab/keys.js';

test('every key pair for the lab can be read again', () => {
  for (let i = 0; i < 1_500; i++) {
    const pair = newKeyPair();
    expect(ssh2.utils.parseKey(pair.private)).not.toBeInstanceOf(Error);
  }
});
