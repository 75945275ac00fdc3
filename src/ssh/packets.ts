/**
 * AES-GCM packets (RFC 5647 as OpenSSH uses it) with fewer objects and calls than ssh2 makes for each: one write instead of three
 * or four, randomness for the padding drawn 8 KB at a time, whole packets opened in one step. Taken up after every key exchange;
 * where ssh2's inside looks otherwise, its own way stays.
 */
import { createCipheriv, createDecipheriv, randomFillSync } from 'node:crypto';
import type { Client as SshClient } from 'ssh2';

const TAG = 16;
const BLOCK = 16;
/** Bytes of one packet, what every implementation must take (RFC 4253 6.1) and ssh2's own bound. */
const PACKET_MAX = 35_000;

const pool = Buffer.alloc(8_192);
let poolAt = pool.length;

/** Unpredictable bytes, each used once. */
const pad = (packet: Buffer, from: number): void => {
  const length = packet.length - from;
  if (poolAt + length > pool.length) {
    randomFillSync(pool);
    poolAt = 0;
  }
  pool.copy(packet, from, poolAt, poolAt + length);
  poolAt += length;
};

/** The nonce's counter, its last eight bytes, one further (RFC 5647 7.1). */
const advance = (nonce: Buffer): void => {
  for (let at = 11; at >= 4; at -= 1) {
    const next = ((nonce[at] ?? 0) + 1) & 255;
    nonce[at] = next;
    if (next !== 0) return;
  }
};

type Gcm = 'aes-128-gcm' | 'aes-256-gcm';

interface Ssh2Cipher {
  outSeqno: number;
  _encSSLName: Gcm;
  _encKey: Buffer;
  _encIV: Buffer;
  _onWrite(data: Buffer): void;
}

interface Ssh2Decipher {
  inSeqno: number;
  _decipherSSLName: Gcm;
  _decipherKey: Buffer;
  _decipherIV: Buffer;
  _onPayload(payload: Buffer): boolean | number | undefined;
}

/** Takes the place of ssh2's AESGCMCipherNative. */
export class PacketSealer {
  /** read by ssh2 when keys are exchanged again */
  outSeqno: number;
  readonly #algorithm: Gcm;
  readonly #key: Buffer;
  readonly #nonce: Buffer;
  readonly #write: (data: Buffer) => void;
  #dead = false;

  constructor(from: Ssh2Cipher) {
    this.outSeqno = from.outSeqno;
    this.#algorithm = from._encSSLName;
    this.#key = from._encKey;
    this.#nonce = from._encIV;
    this.#write = from._onWrite;
  }

  free(): void {
    this.#dead = true;
  }

  allocPacket(payloadLength: number): Buffer {
    let padding = BLOCK - ((1 + payloadLength) % BLOCK);
    if (padding < 4) padding += BLOCK;
    const packet = Buffer.allocUnsafe(5 + payloadLength + padding);
    packet.writeUInt32BE(packet.length - 4);
    packet[4] = padding;
    pad(packet, 5 + payloadLength);
    return packet;
  }

  encrypt(packet: Buffer): void {
    if (this.#dead) return;
    const cipher = createCipheriv(this.#algorithm, this.#key, this.#nonce);
    const sealed = Buffer.allocUnsafe(packet.length + TAG);
    packet.copy(sealed, 0, 0, 4);
    cipher.setAAD(packet.subarray(0, 4));
    cipher.update(packet.subarray(4)).copy(sealed, 4);
    cipher.final();
    cipher.getAuthTag().copy(sealed, packet.length);
    advance(this.#nonce);
    this.outSeqno = (this.outSeqno + 1) >>> 0;
    this.#write(sealed);
  }
}

/** Takes the place of ssh2's AESGCMDecipherNative. */
export class PacketOpener {
  inSeqno: number;
  readonly #algorithm: Gcm;
  readonly #key: Buffer;
  readonly #nonce: Buffer;
  readonly #onPayload: Ssh2Decipher['_onPayload'];
  /** what came of a packet that is not whole yet, and how much of it is filled */
  #partial: Buffer | undefined;
  #filled = 0;

  constructor(from: Ssh2Decipher) {
    this.inSeqno = from.inSeqno;
    this.#algorithm = from._decipherSSLName;
    this.#key = from._decipherKey;
    this.#nonce = from._decipherIV;
    this.#onPayload = from._onPayload;
  }

  free(): void {
    this.#partial = undefined;
  }

  /**
   * @returns where whoever calls goes on reading, undefined when all was taken
   * @throws when the length or the padding is none, or the tag does not fit
   */
  decrypt(data: Buffer, from: number, end: number): number | undefined {
    for (let at = from; at < end; ) {
      let packet: Buffer;
      if (this.#partial === undefined && end - at >= 4 && end - at >= wholeLength(data, at)) {
        packet = data.subarray(at, at + wholeLength(data, at));
        at += packet.length;
      } else {
        const taken = this.#gather(data, at, end);
        at += taken.bytes;
        if (taken.packet === undefined) return undefined;
        packet = taken.packet;
      }
      const payload = this.#open(packet);
      const told = this.#onPayload(payload);
      if (told !== undefined) return told === false ? at : Number(told);
    }
    return undefined;
  }

  #gather(data: Buffer, at: number, end: number): { bytes: number; packet?: Buffer } {
    let taken = 0;
    if (this.#partial === undefined) {
      this.#partial = Buffer.allocUnsafe(4);
      this.#filled = 0;
    }
    for (;;) {
      const bytes = Math.min(this.#partial.length - this.#filled, end - at - taken);
      data.copy(this.#partial, this.#filled, at + taken, at + taken + bytes);
      this.#filled += bytes;
      taken += bytes;
      if (this.#filled < this.#partial.length) return { bytes: taken };
      if (this.#filled > 4) break;
      const whole = Buffer.allocUnsafe(wholeLength(this.#partial, 0));
      this.#partial.copy(whole);
      this.#partial = whole;
    }
    const packet = this.#partial;
    this.#partial = undefined;
    return { bytes: taken, packet };
  }

  #open(packet: Buffer): Buffer {
    const decipher = createDecipheriv(this.#algorithm, this.#key, this.#nonce);
    decipher.setAAD(packet.subarray(0, 4));
    decipher.setAuthTag(packet.subarray(packet.length - TAG));
    const clear = decipher.update(packet.subarray(4, packet.length - TAG));
    decipher.final();
    advance(this.#nonce);
    this.inSeqno = (this.inSeqno + 1) >>> 0;
    const end = clear.length - (clear[0] ?? 0);
    if (end < 1) throw new Error('Bad padding length');
    return clear.subarray(1, end);
  }
}

/** Bytes of the packet that begins there, with length and tag. @throws when it can be none */
const wholeLength = (data: Buffer, at: number): number => {
  const length = data.readUInt32BE(at);
  if (length + 4 + TAG > PACKET_MAX || length < BLOCK || length % BLOCK !== 0) throw new Error('Bad packet length');
  return 4 + length + TAG;
};

interface Inside {
  _protocol?: { _cipher: object; _decipher: object };
}

const isGcm = (name: unknown): boolean => name === 'aes-128-gcm' || name === 'aes-256-gcm';
const fits = (object: object, name: string, buffers: readonly string[], functions: readonly string[]): boolean => {
  const fields = object as Readonly<Record<string, unknown>>;
  return (
    isGcm(fields[name]) &&
    buffers.every((field) => Buffer.isBuffer(fields[field])) &&
    functions.every((field) => typeof fields[field] === 'function')
  );
};

/** Before there are keys: the same packets, padded out of the same pool. */
const plainPacket = (payloadLength: number): Buffer => {
  let padding = 8 - ((5 + payloadLength) % 8);
  if (padding < 4) padding += 8;
  const packet = Buffer.allocUnsafe(5 + payloadLength + padding);
  packet.writeUInt32BE(packet.length - 4);
  packet[4] = padding;
  pad(packet, 5 + payloadLength);
  return packet;
};

/** To be called before the first key exchange ends. */
export const withLeanPackets = (client: SshClient): void => {
  const first = (client as unknown as Inside)._protocol?._cipher;
  if (first !== undefined && 'allocPacket' in first) first.allocPacket = plainPacket;
  client.on('handshake', () => {
    const protocol = (client as unknown as Inside)._protocol;
    if (protocol === undefined) return;
    const { _cipher: cipher, _decipher: decipher } = protocol;
    if (fits(cipher, '_encSSLName', ['_encKey', '_encIV'], ['_onWrite']) && (cipher as Ssh2Cipher)._encIV.length === 12)
      protocol._cipher = new PacketSealer(cipher as Ssh2Cipher);
    if (
      fits(decipher, '_decipherSSLName', ['_decipherKey', '_decipherIV'], ['_onPayload']) &&
      (decipher as Ssh2Decipher)._decipherIV.length === 12
    )
      protocol._decipher = new PacketOpener(decipher as Ssh2Decipher);
  });
};
