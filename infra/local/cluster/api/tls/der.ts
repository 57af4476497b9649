/** The few ASN.1 types of X.509, in DER. */

function tagged(tag: number, content: Buffer): Buffer {
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  const bytes = length < 0x100 ? [length] : [length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, 0x80 | bytes.length, ...bytes]), content]);
}

function oidBytes(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const groups = [arc & 0x7f];
    for (let left = arc >>> 7; left > 0; left >>>= 7) groups.unshift((left & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return Buffer.from(bytes);
}

export const der = {
  sequence: (...parts: Buffer[]): Buffer => tagged(0x30, Buffer.concat(parts)),
  set: (...parts: Buffer[]): Buffer => tagged(0x31, Buffer.concat(parts)),
  /** `bytes` of a positive number. */
  integer: (bytes: Buffer): Buffer =>
    tagged(0x02, (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes),
  bitString: (bytes: Buffer, unusedBits = 0): Buffer => tagged(0x03, Buffer.concat([Buffer.from([unusedBits]), bytes])),
  octetString: (bytes: Buffer): Buffer => tagged(0x04, bytes),
  boolean: (value: boolean): Buffer => tagged(0x01, Buffer.from([value ? 0xff : 0])),
  oid: (dotted: string): Buffer => tagged(0x06, oidBytes(dotted)),
  utf8: (text: string): Buffer => tagged(0x0c, Buffer.from(text)),
  /** GeneralizedTime, or UTCTime before 2050, as RFC 5280 has it. */
  time: (time: Date): Buffer => {
    const digits = time.toISOString().replace(/[-:T]|\.\d+/g, '');
    return time.getUTCFullYear() < 2050
      ? tagged(0x17, Buffer.from(digits.slice(2)))
      : tagged(0x18, Buffer.from(digits));
  },
  /** A context tag: around whole values (explicit), or in the place of a value's own tag (implicit). */
  explicit: (number: number, content: Buffer): Buffer => tagged(0xa0 | number, content),
  implicit: (number: number, content: Buffer): Buffer => tagged(0x80 | number, content),
};
