/**
 * Reads the protobuf that kubectl sends when it creates built-in kinds (`create namespace`, `auth can-i`, …): an envelope
 * `k8s\0` + `runtime.Unknown`, and inside it the object's message. Answers are always JSON, which every client accepts.
 */
import { readFileSync } from 'node:fs';
import { rfc3339 } from '../object.ts';

type Fields = Record<string, [name: string, type: string, label?: string]>;
type Json = Record<string, unknown>;

export class ProtobufError extends Error {
  override readonly name = 'ProtobufError';
}

const MAGIC = Buffer.from('k8s\0');
const META = 'k8s.io.apimachinery.pkg';
let table: Record<string, Fields> | undefined;

function messages(): Record<string, Fields> {
  table ??= JSON.parse(readFileSync(new URL('./generated/protobuf-fields.json', import.meta.url), 'utf8'));
  return table ?? {};
}

interface RawField {
  number: number;
  /** A varint, or the bytes of a length-delimited field. */
  value: bigint | Buffer;
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  *fields(): Iterable<RawField> {
    while (this.#at < this.#bytes.length) {
      const tag = Number(this.#varint());
      yield { number: tag >>> 3, value: this.#value(tag & 7) };
    }
  }

  #value(wireType: number): bigint | Buffer {
    if (wireType === 0) return this.#varint();
    if (wireType === 1) return this.#take(8);
    if (wireType === 5) return this.#take(4);
    if (wireType === 2) return this.#take(Number(this.#varint()));
    throw new ProtobufError(`illegal wire type ${wireType}`);
  }

  #take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new ProtobufError('unexpected EOF');
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  #varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new ProtobufError('unexpected EOF');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, value);
    }
    throw new ProtobufError('integer overflow');
  }
}

function plain(bytes: Buffer): Map<number, bigint | Buffer> {
  return new Map([...new Reader(bytes).fields()].map(({ number, value }) => [number, value]));
}

const textOf = (value: bigint | Buffer | undefined): string => (Buffer.isBuffer(value) ? value.toString('utf8') : '');

/** Messages whose JSON is not an object of their fields. */
const SPECIAL: Record<string, (bytes: Buffer) => unknown> = {
  [`${META}.apis.meta.v1.Time`]: (bytes) => timeOf(bytes, false),
  [`${META}.apis.meta.v1.MicroTime`]: (bytes) => timeOf(bytes, true),
  [`${META}.apis.meta.v1.FieldsV1`]: (bytes) => JSON.parse(textOf(plain(bytes).get(1)) || '{}'),
  [`${META}.runtime.RawExtension`]: (bytes) => JSON.parse(textOf(plain(bytes).get(1)) || 'null'),
  [`${META}.api.resource.Quantity`]: (bytes) => textOf(plain(bytes).get(1)) || '0',
  [`${META}.util.intstr.IntOrString`]: (bytes) => {
    const fields = plain(bytes);
    return fields.get(1) === 1n ? textOf(fields.get(3)) : Number(fields.get(2) ?? 0);
  },
  'k8s.io.api.authentication.v1.ExtraValue': items,
  'k8s.io.api.authorization.v1.ExtraValue': items,
};

function items(bytes: Buffer): string[] {
  return [...new Reader(bytes).fields()].map(({ value }) => textOf(value));
}

function timeOf(bytes: Buffer, micro: boolean): string | null {
  // Go's zero time is an empty message.
  if (bytes.length === 0) return null;
  const fields = plain(bytes);
  const time = new Date(Number(fields.get(1) ?? 0) * 1000);
  if (!micro) return rfc3339(time);
  const fraction = `${Math.trunc(Number(fields.get(2) ?? 0) / 1000)}`.padStart(6, '0');
  return `${time.toISOString().slice(0, 19)}.${fraction}Z`;
}

function fieldValue(type: string, value: bigint | Buffer): unknown {
  if (!Buffer.isBuffer(value)) return type === 'bool' ? value !== 0n : Number(value);
  if (type === 'string') return value.toString('utf8');
  if (type === 'bytes') return value.toString('base64');
  if (type === 'double') return value.readDoubleLE(0);
  return SPECIAL[type]?.(value) ?? (type in SPECIAL ? null : messageOf(type, value));
}

/** Fields that Go embeds: their own fields stand in the place of the field in JSON. */
const INLINE = new Set([
  'volumeSource',
  'persistentVolumeSource',
  'handler',
  'localObjectReference',
  'rule',
  'ephemeralContainerCommon',
]);
const jsonName = (name: string): string => (name === 'Webhooks' ? 'webhooks' : name);

function messageOf(message: string, bytes: Buffer): Json {
  const fields = messages()[message];
  if (fields === undefined) throw new ProtobufError(`no message is named ${message}`);
  const out: Json = {};
  for (const { number, value } of new Reader(bytes).fields()) {
    const [name, type, label] = fields[number] ?? [];
    if (name === undefined || type === undefined) continue;
    const key = jsonName(name);
    if (label === 'list') out[key] = [...(Array.isArray(out[key]) ? out[key] : []), fieldValue(type, value)];
    else if (label === 'map')
      out[key] = { ...(out[key] as Json | undefined), ...entryOf(type, value) }; // Only this line sets it.
    else if (INLINE.has(key) && Buffer.isBuffer(value) && type in messages())
      Object.assign(out, messageOf(type, value));
    else out[key] = fieldValue(type, value);
  }
  return out;
}

function entryOf(type: string, entry: bigint | Buffer): Json {
  if (!Buffer.isBuffer(entry)) throw new ProtobufError('a map entry must be a message');
  const fields = plain(entry);
  return { [textOf(fields.get(1))]: fieldValue(type, fields.get(2) ?? Buffer.alloc(0)) };
}

function messageName(apiVersion: string, kind: string): string {
  if (kind.endsWith('Options')) return `${META}.apis.meta.v1.${kind}`;
  const [group = '', version] = apiVersion.split('/');
  return version === undefined
    ? `k8s.io.api.core.${group}.${kind}`
    : `k8s.io.api.${group.split('.')[0]}.${version}.${kind}`;
}

/** The JSON form of an object in the protobuf envelope. */
export function decodeProtobuf(body: Buffer): Json {
  if (!body.subarray(0, MAGIC.length).equals(MAGIC))
    throw new ProtobufError('provided data does not appear to be a protobuf message');
  const envelope = plain(body.subarray(MAGIC.length));
  const typeMeta = envelope.get(1);
  const raw = envelope.get(2);
  if (!Buffer.isBuffer(typeMeta)) throw new ProtobufError('the envelope names no type');
  const type = plain(typeMeta);
  const [apiVersion, kind] = [textOf(type.get(1)), textOf(type.get(2))];
  return {
    apiVersion,
    kind,
    ...messageOf(messageName(apiVersion, kind), Buffer.isBuffer(raw) ? raw : Buffer.alloc(0)),
  };
}
