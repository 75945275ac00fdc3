/**
 * HMAC-SHA1 with a key that is used again and again: the state after the padded key is kept, so that a short message costs
 * two compressions. Hashed known_hosts lines each have their own key, and a fleet tries every name against every line: with
 * node:crypto that is 4–6 µs a pair, here under 1 µs. Only for looking names up, where SHA-1 is what the file format says.
 * RFC 2104, FIPS 180-4.
 */
const words = new Int32Array(80);

const compress = (state: Int32Array, block: Uint8Array): void => {
  for (let i = 0; i < 16; i += 1) {
    const at = i * 4;
    words[i] =
      ((block[at] ?? 0) << 24) | ((block[at + 1] ?? 0) << 16) | ((block[at + 2] ?? 0) << 8) | (block[at + 3] ?? 0);
  }
  for (let i = 16; i < 80; i += 1) {
    const mixed = (words[i - 3] ?? 0) ^ (words[i - 8] ?? 0) ^ (words[i - 14] ?? 0) ^ (words[i - 16] ?? 0);
    words[i] = (mixed << 1) | (mixed >>> 31);
  }
  let a = state[0] ?? 0;
  let b = state[1] ?? 0;
  let c = state[2] ?? 0;
  let d = state[3] ?? 0;
  let e = state[4] ?? 0;
  for (let i = 0; i < 80; i += 1) {
    let chosen: number;
    if (i < 20) chosen = ((b & c) | (~b & d)) + 0x5a827999;
    else if (i < 40) chosen = (b ^ c ^ d) + 0x6ed9eba1;
    else if (i < 60) chosen = ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
    else chosen = (b ^ c ^ d) + 0xca62c1d6;
    const next = (((a << 5) | (a >>> 27)) + chosen + e + (words[i] ?? 0)) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  state[0] = ((state[0] ?? 0) + a) | 0;
  state[1] = ((state[1] ?? 0) + b) | 0;
  state[2] = ((state[2] ?? 0) + c) | 0;
  state[3] = ((state[3] ?? 0) + d) | 0;
  state[4] = ((state[4] ?? 0) + e) | 0;
};

const start = (key: Uint8Array, pad: number): Int32Array => {
  const state = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0);
  const block = new Uint8Array(64).fill(pad);
  key.forEach((byte, i) => {
    block[i] = byte ^ pad;
  });
  compress(state, block);
  return state;
};

/** A message as the one block that follows a 64-byte key block; undefined when it is longer than 55 bytes. */
export const blockOf = (message: Uint8Array): Uint8Array | undefined => {
  if (message.length > 55) return undefined;
  const block = new Uint8Array(64);
  block.set(message);
  block[message.length] = 0x80;
  new DataView(block.buffer).setUint32(60, (64 + message.length) * 8);
  return block;
};

const inner = new Int32Array(5);
const outer = new Int32Array(5);
const digestBlock = new Uint8Array(64);
digestBlock[20] = 0x80;
new DataView(digestBlock.buffer).setUint32(60, (64 + 20) * 8);

export class HmacSha1 {
  readonly #inner: Int32Array;
  readonly #outer: Int32Array;

  /** @param key at most 64 bytes (the salts of known_hosts have 20) */
  constructor(key: Uint8Array) {
    this.#inner = start(key, 0x36);
    this.#outer = start(key, 0x5c);
  }

  /** Whether the HMAC of the message in `block` (from `blockOf`) is `digest`, given as five big-endian words. */
  equals(block: Uint8Array, digest: Int32Array): boolean {
    inner.set(this.#inner);
    compress(inner, block);
    for (let i = 0; i < 5; i += 1) {
      const word = inner[i] ?? 0;
      digestBlock[i * 4] = word >>> 24;
      digestBlock[i * 4 + 1] = word >>> 16;
      digestBlock[i * 4 + 2] = word >>> 8;
      digestBlock[i * 4 + 3] = word;
    }
    outer.set(this.#outer);
    compress(outer, digestBlock);
    for (let i = 0; i < 5; i += 1) if (outer[i] !== digest[i]) return false;
    return true;
  }
}
