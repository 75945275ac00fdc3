/** Packets under AES-GCM: whatever way they are cut on the way, they come out as they went in, and nothing else does. */
import { createCipheriv, randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PacketOpener, PacketSealer } from '../../src/ssh/packets.js';

const sealerAndOpener = (bits: 128 | 256 = 128) => {
  const algorithm = `aes-${bits}-gcm` as const;
  const key = randomBytes(bits / 8);
  const nonce = randomBytes(12);
  const wire: Buffer[] = [];
  const payloads: Buffer[] = [];
  const sealer = new PacketSealer({
    outSeqno: 0xffff_ffff,
    _encSSLName: algorithm,
    _encKey: key,
    _encIV: Buffer.from(nonce),
    _onWrite: (data) => wire.push(Buffer.from(data)),
  });
  const opener = new PacketOpener({
    inSeqno: 0xffff_ffff,
    _decipherSSLName: algorithm,
    _decipherKey: key,
    _decipherIV: Buffer.from(nonce),
    _onPayload: (payload) => {
      payloads.push(Buffer.from(payload));
      return undefined;
    },
  });
  const send = (payload: Buffer): void => {
    const packet = sealer.allocPacket(payload.length);
    packet.set(payload, 5);
    sealer.encrypt(packet);
  };
  return { key, nonce, wire, payloads, sealer, opener, send };
};

const payload = fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => Buffer.from(bytes));

describe('packets', () => {
  test('however they are cut, they arrive whole and in order', () => {
    fc.assert(
      fc.property(
        fc.array(payload, { minLength: 1, maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 20 }),
        fc.constantFrom(128 as const, 256 as const),
        (sent, cuts, bits) => {
          const { wire, payloads, opener, sealer, send } = sealerAndOpener(bits);
          for (const one of sent) send(one);
          const whole = Buffer.concat(wire);
          for (let at = 0, cut = 0; at < whole.length; cut += 1) {
            const size = cuts[cut % cuts.length] ?? 1;
            const piece = whole.subarray(at, at + size);
            opener.decrypt(piece, 0, piece.length);
            at += size;
          }
          expect(payloads).toEqual(sent);
          // Sequence numbers wrap (RFC 4253 6.4).
          expect(sealer.outSeqno).toBe(sent.length - 1);
          expect(opener.inSeqno).toBe(sent.length - 1);
        },
      ),
    );
  });

  test('a changed bit anywhere is found, and its payload never handed on', () => {
    fc.assert(
      fc.property(payload, fc.nat(), fc.integer({ min: 0, max: 7 }), (sent, at, bit) => {
        const { wire, payloads, opener, send } = sealerAndOpener();
        send(sent);
        const packet = Buffer.concat(wire);
        const place = at % packet.length;
        packet.writeUInt8(packet.readUInt8(place) ^ (1 << bit), place);
        // A changed length may make it wait for more: then it is found with what follows.
        expect(() => {
          opener.decrypt(packet, 0, packet.length);
          const more = Buffer.alloc(40_000);
          opener.decrypt(more, 0, more.length);
        }).toThrow();
        expect(payloads).toEqual([]);
      }),
    );
  });

  test('lengths and paddings that can be none are refused', () => {
    for (const length of [0, 15, 17, 36_000, 0xffff_ffff]) {
      const head = Buffer.alloc(64);
      head.writeUInt32BE(length);
      expect(() => sealerAndOpener().opener.decrypt(head, 0, head.length)).toThrow('Bad packet length');
    }
    const { key, nonce, opener, payloads } = sealerAndOpener();
    const cipher = createCipheriv('aes-128-gcm', key, nonce);
    const length = Buffer.from([0, 0, 0, 16]);
    cipher.setAAD(length);
    const sealed = Buffer.concat([length, cipher.update(Buffer.alloc(16, 200)), cipher.final()]);
    const packet = Buffer.concat([sealed, cipher.getAuthTag()]);
    expect(() => opener.decrypt(packet, 0, packet.length)).toThrow('Bad padding length');
    expect(payloads).toEqual([]);
  });

  test('padding is at least four bytes, fills the block, and is not the same twice', () => {
    const { sealer } = sealerAndOpener();
    const seen = new Set<string>();
    for (let length = 1; length < 2_000; length += 1) {
      const packet = sealer.allocPacket(length);
      const padding = packet.readUInt8(4);
      expect(padding).toBeGreaterThanOrEqual(4);
      expect((packet.length - 4) % 16).toBe(0);
      expect(packet.length).toBe(5 + length + padding);
      if (padding >= 12) seen.add(packet.subarray(5 + length).toString('hex'));
    }
    expect(seen.size).toBeGreaterThan(400);
  });
});
