/**
 * The server's half of SSH with as little work as a correct client lets it get away with: one algorithm of each kind, everybody
 * is let in. For measuring clients only: it keeps one key for every exchange and verifies no signature.
 * RFC 4253 (transport), 4252 (authentication), 4254 (channels), 5656 and 8731 (key exchange), 5647 as OpenSSH uses it (AES-GCM).
 */
import {
  createCipheriv,
  createDecipheriv,
  createECDH,
  createHash,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto';
import type { Socket } from 'node:net';
import { encode, mpint, Words } from './cheap-fields.js';

/** What real hosts call themselves: clients have their ways with them. */
const VERSION = 'SSH-2.0-OpenSSH_9.2 bench';
const WINDOW = 2_097_152;
const PACKET_MAX = 32_768;
const TAG = 16;

const MESSAGE = {
  disconnect: 1,
  serviceRequest: 5,
  serviceAccept: 6,
  kexInit: 20,
  newKeys: 21,
  ecdhInit: 30,
  ecdhReply: 31,
  authRequest: 50,
  authFailure: 51,
  authSuccess: 52,
  authKeyOk: 60,
  globalRequest: 80,
  requestFailure: 82,
  open: 90,
  openConfirmation: 91,
  data: 94,
  eof: 96,
  close: 97,
  channelRequest: 98,
  channelSuccess: 99,
} as const;

const kexOffer = Buffer.concat([
  Buffer.from([MESSAGE.kexInit]),
  Buffer.alloc(16, 1),
  encode(
    'curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256',
    'ssh-ed25519',
    'aes128-gcm@openssh.com',
    'aes128-gcm@openssh.com',
    'hmac-sha2-256',
    'hmac-sha2-256',
    'none',
    'none',
    '',
    '',
    false,
    0,
  ),
]);

const p256 = createECDH('prime256v1');
const p256Public = p256.generateKeys();
const x25519 = generateKeyPairSync('x25519');
const x25519Public = Buffer.from(String(x25519.publicKey.export({ format: 'jwk' }).x), 'base64url');

const sharedSecret = (kex: string, theirs: Buffer): { ours: Buffer; secret: Buffer } => {
  if (kex === 'ecdh-sha2-nistp256') return { ours: p256Public, secret: p256.computeSecret(theirs) };
  const key = { kty: 'OKP', crv: 'X25519', x: theirs.toString('base64url') };
  const publicKey = createPublicKey({ format: 'jwk', key });
  return { ours: x25519Public, secret: diffieHellman({ privateKey: x25519.privateKey, publicKey }) };
};

/** The counter half of a GCM nonce, one further. */
const advance = (nonce: Buffer): void => {
  for (let at = 11; at >= 4; at -= 1) {
    const next = ((nonce[at] ?? 0) + 1) & 255;
    nonce[at] = next;
    if (next !== 0) return;
  }
};

export interface CheapChannel {
  /** several messages, one write */
  answer(text: string, end: boolean): void;
}

export interface CheapHost {
  hostKey: { private: KeyObject; blob: Buffer };
  exec(channel: CheapChannel, command: string): { data?: (text: string) => void };
}

/** Speaks SSH on one accepted connection until it ends. */
export const serveCheaply = (socket: Socket, host: CheapHost): void => {
  let buffered: Buffer = Buffer.alloc(0);
  let clientVersion = '';
  let clientOffer: Buffer = Buffer.alloc(0);
  let kex = '';
  let sending: { key: Buffer; nonce: Buffer } | undefined;
  let receiving: { key: Buffer; nonce: Buffer } | undefined;
  let receivingNext: typeof receiving;
  let out: Buffer[] = [];
  const channels = new Map<number, { theirs: number; data?: (text: string) => void }>();

  const send = (payload: Buffer): void => {
    const block = sending === undefined ? 8 : 16;
    const base = payload.length + (sending === undefined ? 5 : 1);
    let padding = block - (base % block);
    if (padding < 4) padding += block;
    const packet = Buffer.alloc(5 + payload.length + padding);
    packet.writeUInt32BE(1 + payload.length + padding);
    packet[4] = padding;
    payload.copy(packet, 5);
    if (sending === undefined) {
      out.push(packet);
      return;
    }
    const cipher = createCipheriv('aes-128-gcm', sending.key, sending.nonce);
    cipher.setAAD(packet.subarray(0, 4));
    const sealed = cipher.update(packet.subarray(4));
    cipher.final();
    out.push(packet.subarray(0, 4), sealed, cipher.getAuthTag());
    advance(sending.nonce);
  };
  const flush = (): void => {
    if (out.length > 0 && !socket.destroyed) socket.write(Buffer.concat(out));
    out = [];
  };

  const exchange = (theirs: Buffer): void => {
    const { ours, secret } = sharedSecret(kex, theirs);
    const k = mpint(secret);
    const parts = encode(clientVersion, VERSION, clientOffer, kexOffer, host.hostKey.blob, theirs, ours);
    const h = createHash('sha256').update(parts).update(k).digest();
    const signature = encode('ssh-ed25519', sign(null, h, host.hostKey.private));
    send(encode({ byte: MESSAGE.ecdhReply }, host.hostKey.blob, ours, signature));
    send(encode({ byte: MESSAGE.newKeys }));
    const derived = (letter: string, length: number): Buffer =>
      createHash('sha256').update(k).update(h).update(letter).update(h).digest().subarray(0, length);
    receivingNext = { nonce: derived('A', 12), key: derived('C', 16) };
    sending = { nonce: derived('B', 12), key: derived('D', 16) };
  };

  const request = (words: Words): void => {
    const id = words.number();
    const type = words.string().toString();
    const wantReply = words.yes();
    const channel = channels.get(id);
    if (channel === undefined) return;
    if (wantReply) send(encode({ byte: MESSAGE.channelSuccess }, channel.theirs));
    if (type !== 'exec') return;
    const answer: CheapChannel['answer'] = (text, end) => {
      send(encode({ byte: MESSAGE.data }, channel.theirs, text));
      if (end) {
        send(encode({ byte: MESSAGE.channelRequest }, channel.theirs, 'exit-status', false, 0));
        send(encode({ byte: MESSAGE.eof }, channel.theirs));
        send(encode({ byte: MESSAGE.close }, channel.theirs));
        channels.delete(id);
      }
      flush();
    };
    Object.assign(channel, host.exec({ answer }, words.string().toString()));
  };

  const authentication = (words: Words): void => {
    words.string();
    words.string();
    if (words.string().toString() !== 'publickey') send(encode({ byte: MESSAGE.authFailure }, 'publickey', false));
    else if (words.yes()) send(encode({ byte: MESSAGE.authSuccess }));
    else send(encode({ byte: MESSAGE.authKeyOk }, words.string(), words.string()));
  };

  const payload = (bytes: Buffer): void => {
    const words = new Words(bytes);
    switch (bytes[0]) {
      case MESSAGE.kexInit: {
        clientOffer = Buffer.from(bytes);
        const known = ['curve25519-sha256', 'curve25519-sha256@libssh.org', 'ecdh-sha2-nistp256'];
        kex =
          new Words(bytes, 17)
            .string()
            .toString()
            .split(',')
            .find((name) => known.includes(name)) ?? '';
        return;
      }
      case MESSAGE.ecdhInit:
        exchange(words.string());
        return;
      case MESSAGE.newKeys:
        receiving = receivingNext;
        return;
      case MESSAGE.serviceRequest:
        send(encode({ byte: MESSAGE.serviceAccept }, words.string()));
        return;
      case MESSAGE.authRequest:
        authentication(words);
        return;
      case MESSAGE.globalRequest:
        words.string();
        if (words.yes()) send(encode({ byte: MESSAGE.requestFailure }));
        return;
      case MESSAGE.open: {
        words.string();
        const theirs = words.number();
        let id = 0;
        while (channels.has(id)) id += 1;
        channels.set(id, { theirs });
        send(encode({ byte: MESSAGE.openConfirmation }, theirs, id, WINDOW, PACKET_MAX));
        return;
      }
      case MESSAGE.channelRequest:
        request(words);
        return;
      case MESSAGE.data:
        channels.get(words.number())?.data?.(words.string().toString('latin1'));
        return;
      case MESSAGE.close: {
        const id = words.number();
        const channel = channels.get(id);
        channels.delete(id);
        if (channel !== undefined) send(encode({ byte: MESSAGE.close }, channel.theirs));
        return;
      }
      case MESSAGE.disconnect:
        socket.end();
    }
  };

  /** @returns whether there was a whole packet */
  const packet = (): boolean => {
    if (buffered.length < 4) return false;
    const length = buffered.readUInt32BE();
    if (length > 262_144) throw new RangeError('no SSH packet');
    const whole = 4 + length + (receiving === undefined ? 0 : TAG);
    if (buffered.length < whole) return false;
    let clear = buffered.subarray(4, 4 + length);
    if (receiving !== undefined) {
      const decipher = createDecipheriv('aes-128-gcm', receiving.key, receiving.nonce);
      decipher.setAAD(buffered.subarray(0, 4));
      decipher.setAuthTag(buffered.subarray(4 + length, whole));
      clear = decipher.update(clear);
      decipher.final();
      advance(receiving.nonce);
    }
    buffered = buffered.subarray(whole);
    payload(clear.subarray(1, clear.length - (clear[0] ?? 0)));
    return true;
  };

  socket.on('error', () => socket.destroy());
  socket.on('end', () => socket.end());
  socket.on('data', (chunk: Buffer) => {
    buffered = buffered.length === 0 ? chunk : Buffer.concat([buffered, chunk]);
    try {
      if (clientVersion === '') {
        const end = buffered.indexOf('\n');
        if (end < 0) return;
        clientVersion = buffered.toString('latin1', 0, end).trimEnd();
        buffered = buffered.subarray(end + 1);
      }
      while (packet());
      flush();
    } catch {
      socket.destroy();
    }
  });
  out.push(Buffer.from(`${VERSION}\r\n`));
  send(kexOffer);
  flush();
};
