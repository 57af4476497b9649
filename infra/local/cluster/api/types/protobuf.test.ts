import { describe, expect, it } from 'vitest';
import { decodeProtobuf } from './protobuf.ts';

const field = (number: number, content: Buffer | string): Buffer => {
  const bytes = Buffer.from(content);
  return Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
};
const varint = (number: number, value: number): Buffer => Buffer.from([number << 3, value]);
const envelope = (apiVersion: string, kind: string, raw: Buffer): Buffer =>
  Buffer.concat([Buffer.from('k8s\0'), field(1, Buffer.concat([field(1, apiVersion), field(2, kind)])), field(2, raw)]);

describe('decodeProtobuf', () => {
  it('reads an object with maps and bytes', () => {
    const entry = Buffer.concat([field(1, 'key'), field(2, 'value')]);
    const secret = Buffer.concat([field(1, field(1, 'a')), field(2, entry), field(3, 'Opaque')]);
    expect(decodeProtobuf(envelope('v1', 'Secret', secret))).toEqual({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'a' },
      data: { key: 'dmFsdWU=' },
      type: 'Opaque',
    });
  });

  it('puts the fields of embedded structs where JSON has them', () => {
    const volume = Buffer.concat([field(1, 'v'), field(2, field(2, ''))]);
    const pod = field(2, Buffer.concat([field(1, volume), varint(4, 30)]));
    expect(decodeProtobuf(envelope('v1', 'Pod', pod))).toMatchObject({
      spec: { volumes: [{ name: 'v', emptyDir: {} }], terminationGracePeriodSeconds: 30 },
    });
  });

  it.each([
    ['is cut short', envelope('v1', 'Pod', field(2, 'x')).subarray(0, 20)],
    ['is something else', Buffer.from('{}')],
  ])('refuses a body when it %s', (_when, body) => {
    expect(() => decodeProtobuf(body)).toThrow(expect.objectContaining({ name: 'ProtobufError' }));
  });
});
