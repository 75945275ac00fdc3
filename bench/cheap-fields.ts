/** Fields of SSH messages (RFC 4251 5), for the cheap server. */

type Field = number | boolean | string | Buffer | { byte: number };

/** RFC 4251 5: numbers are uint32, texts and buffers are strings. */
export const encode = (...fields: readonly Field[]): Buffer =>
  Buffer.concat(
    fields.map((field) => {
      if (typeof field === 'boolean') return Buffer.from([field ? 1 : 0]);
      if (typeof field === 'object' && 'byte' in field) return Buffer.from([field.byte]);
      if (typeof field === 'number') {
        const word = Buffer.allocUnsafe(4);
        word.writeUInt32BE(field);
        return word;
      }
      const bytes = typeof field === 'string' ? Buffer.from(field) : field;
      const whole = Buffer.allocUnsafe(4 + bytes.length);
      whole.writeUInt32BE(bytes.length);
      bytes.copy(whole, 4);
      return whole;
    }),
  );

/** The fields of a message, one after the other, behind its number. */
export class Words {
  #at: number;

  constructor(
    readonly bytes: Buffer,
    at = 1,
  ) {
    this.#at = at;
  }

  string(): Buffer {
    const from = this.#at + 4;
    this.#at = from + this.bytes.readUInt32BE(this.#at);
    return this.bytes.subarray(from, this.#at);
  }

  number(): number {
    this.#at += 4;
    return this.bytes.readUInt32BE(this.#at - 4);
  }

  yes(): boolean {
    this.#at += 1;
    return this.bytes[this.#at - 1] === 1;
  }
}

export const mpint = (bytes: Buffer): Buffer => {
  const from = bytes.findIndex((byte) => byte !== 0);
  const short = bytes.subarray(from);
  return encode((short[0] ?? 0) >= 128 ? Buffer.concat([Buffer.from([0]), short]) : short);
};
