import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Container, Pod } from '../client/core-types.ts';
import { containerEnv, type ReadData } from './container-env.ts';
import { expand } from './expand.ts';
import { parseQuantity } from './quantity.ts';

const node = { nodeName: 'local', address: '127.0.0.1', cpus: 4, memoryBytes: 2 ** 30 };
const read: ReadData = async (kind, name) =>
  kind === 'secret' && name === 's' ? new Map([['key', Buffer.from('hidden')]]) : undefined;

function envOf(container: Partial<Container>): Promise<Map<string, string>> {
  const whole: Container = { name: 'c', ...container };
  const pod: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'n', uid: 'u', labels: { app: 'x' } },
    spec: { containers: [whole] },
  };
  return containerEnv(pod, whole, { read, node, base: new Map([['PATH', '/bin']]) });
}

describe('expand', () => {
  const known = new Map([['A', 'one']]);
  it.each([
    ['$(A)', 'one'],
    ['$(B)', '$(B)'],
    ['$$(A)', '$(A)'],
    ['$$', '$'],
    ['$A', '$A'],
    ['a $$$(A) b', 'a $one b'],
    ['$(A', '$(A'],
  ])('turns %s into %s when A is "one"', (given, wanted) => {
    expect(expand(given, known)).toBe(wanted);
  });

  it('gives back any text when each of its dollars was doubled', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(expand(text.replaceAll('$', '$$$$'), known)).toBe(text);
      }),
    );
  });
});

describe('containerEnv', () => {
  it('lets a value refer to what stands before it and not to what comes after', async () => {
    const env = await envOf({
      env: [
        { name: 'A', value: '1' },
        { name: 'B', value: '$(A)2' },
        { name: 'C', value: '$(D)' },
        { name: 'D', value: '4' },
      ],
    });
    expect(Object.fromEntries(env)).toEqual({ PATH: '/bin', A: '1', B: '12', C: '$(D)', D: '4' });
  });

  it('puts the prefix before every key when a whole secret is taken', async () => {
    expect((await envOf({ envFrom: [{ prefix: 'S_', secretRef: { name: 's' } }] })).get('S_key')).toBe('hidden');
  });

  it('reads fields and resources of the pod when they are referred to', async () => {
    const env = await envOf({
      resources: { limits: { memory: '64Mi' } },
      env: [
        { name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        { name: 'APP', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
        { name: 'MEM', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } } },
        { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
      ],
    });
    expect(env.get('NAME')).toBe('p');
    expect(env.get('APP')).toBe('x');
    expect(env.get('MEM')).toBe('64');
    expect(env.get('CPU')).toBe('4');
  });

  it.each([
    { when: 'a secret is missing', env: { secretKeyRef: { name: 'x', key: 'k' } }, message: 'secret "x" not found' },
    {
      when: 'a ConfigMap is missing',
      env: { configMapKeyRef: { name: 'x', key: 'k' } },
      message: 'configmap "x" not found',
    },
    {
      when: 'a key is missing',
      env: { secretKeyRef: { name: 's', key: 'k' } },
      message: "couldn't find key k in Secret n/s",
    },
  ])('refuses with the words of the kubelet when $when', async ({ env, message }) => {
    await expect(envOf({ env: [{ name: 'A', valueFrom: env }] })).rejects.toThrow(message);
  });

  it('leaves a variable out when its optional source is missing', async () => {
    const env = await envOf({
      env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'x', key: 'k', optional: true } } }],
    });
    expect(env.has('A')).toBe(false);
  });
});

describe('parseQuantity', () => {
  it.each([
    ['64Mi', 67108864],
    ['100m', 0.1],
    ['1e3', 1000],
    ['2', 2],
    ['1.5Gi', 1610612736],
    ['1E', 1e18],
    ['x', undefined],
  ])('reads %s', (text, value) => {
    expect(parseQuantity(text)).toBe(value);
  });
});
