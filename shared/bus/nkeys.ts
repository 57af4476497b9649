import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';

/** What an nkey is for; the number is NATS's prefix byte, which becomes the key's first letter (O, A, U). */
const PREFIX = { operator: 14 << 3, account: 0, user: 20 << 3 } as const;
const SEED = 18 << 3;

export type KeyRole = keyof typeof PREFIX;

/** An Ed25519 key in NATS's spelling. */
export interface NKey {
  publicKey: string;
  /** Secret. */
  seed: string;
  sign(text: string): Buffer;
}

/** The nkey made of 32 secret bytes; the same bytes give the same key. */
export function nkeyFrom(role: KeyRole, secret: Uint8Array): NKey {
  const key = privateKey(secret);
  const prefix = PREFIX[role];
  return {
    publicKey: encode(Buffer.concat([Buffer.of(prefix), rawPublicKey(key)])),
    // The role's five bits are spread over two bytes, so that both letters of the seed tell something.
    seed: encode(Buffer.concat([Buffer.of(SEED | (prefix >> 5), (prefix & 31) << 3), secret])),
    sign: (text) => sign(null, Buffer.from(text), key),
  };
}

/** PKCS #8 of an Ed25519 key is this header and its 32 bytes (RFC 8410). */
const PKCS8_HEADER = Buffer.from('302e020100300506032b657004220420', 'hex');

function privateKey(secret: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PKCS8_HEADER, secret]), format: 'der', type: 'pkcs8' });
}

function rawPublicKey(key: KeyObject): Buffer {
  return createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32);
}

/** Base32 without padding (RFC 4648) of the bytes and their CRC-16 (XMODEM), low byte first. */
function encode(bytes: Buffer): string {
  const checksum = crc16(bytes);
  return base32(Buffer.concat([bytes, Buffer.of(checksum & 0xff, checksum >> 8)]));
}

function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff;
  }
  return crc;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

function base32(bytes: Uint8Array): string {
  let text = '';
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xfff;
    bits += 8;
    for (; bits >= 5; bits -= 5) text += ALPHABET[(held >> (bits - 5)) & 31];
  }
  return bits > 0 ? text + ALPHABET[(held << (5 - bits)) & 31] : text;
}
