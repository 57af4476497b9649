import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../../shared/kube/objects.ts';
import { compileField, fingerprint } from './projection.ts';

const OBJECT = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'p',
    uid: 'u1',
    annotations: { 'sympozium.ai/gate-verdict': 'approved', other: 'x' },
    finalizers: ['ours', 'theirs'],
  },
  spec: { replicas: 1 },
  status: { phase: 'Running', containers: [{ name: 'a', state: { exit: 0 } }, { name: 'b' }] },
};

function print(path: string, object: unknown = OBJECT, except?: string[]): string {
  const field = compileField({ path, ...(except !== undefined && { except }) });
  return fingerprint(object as KubeObject, [field]);
}

const changed = (change: (object: typeof OBJECT) => void) => {
  const copy = structuredClone(OBJECT);
  change(copy);
  return copy;
};

describe('the fingerprint of an object', () => {
  it.each<{ when: string; path: string; change: (object: typeof OBJECT) => void; differs: boolean }>([
    { when: 'the field', path: 'status.phase', change: (o) => (o.status.phase = 'Failed'), differs: true },
    { when: 'another field', path: 'status.phase', change: (o) => (o.spec.replicas = 2), differs: false },
    { when: 'a field below', path: 'spec', change: (o) => (o.spec.replicas = 2), differs: true },
    {
      when: 'a map key with dots and slashes',
      path: 'metadata.annotations[sympozium.ai/gate-verdict]',
      change: (o) => (o.metadata.annotations['sympozium.ai/gate-verdict'] = 'denied'),
      differs: true,
    },
    {
      when: 'another map key',
      path: 'metadata.annotations[sympozium.ai/gate-verdict]',
      change: (o) => (o.metadata.annotations.other = 'y'),
      differs: false,
    },
    {
      when: 'a field of a list item',
      path: 'status.containers[*].state.exit',
      change: (o) => (o.status.containers[0] = { name: 'a', state: { exit: 1 } }),
      differs: true,
    },
    {
      when: 'another field of a list item',
      path: 'status.containers[*].state.exit',
      change: (o) => (o.status.containers[1] = { name: 'c' }),
      differs: false,
    },
    { when: 'the UID', path: 'spec', change: (o) => (o.metadata.uid = 'u2'), differs: true },
    {
      when: 'the deletion',
      path: 'spec',
      change: (o) => Object.assign(o.metadata, { deletionTimestamp: '2026-01-01T00:00:00Z' }),
      differs: true,
    },
  ])('differs ($differs) when $when changes', ({ path, change, differs }) => {
    expect(print(path) !== print(path, changed(change))).toBe(differs);
  });

  it('stays the same when a field takes an excepted value instead of none', () => {
    const without = changed((object) => Reflect.deleteProperty(object.metadata, 'finalizers'));
    const own = changed((object) => (object.metadata.finalizers = ['ours']));
    expect(print('metadata.finalizers[*]', own, ['ours'])).toBe(print('metadata.finalizers[*]', without, ['ours']));
    expect(print('metadata.finalizers[*]', OBJECT, ['ours'])).not.toBe(print('metadata.finalizers[*]', own, ['ours']));
    const pending = changed((object) => Reflect.deleteProperty(object.status, 'phase'));
    expect(print('status.phase', OBJECT, ['Running'])).toBe(print('status.phase', pending, ['Running']));
  });

  it('refuses a path that cannot be read', () => {
    expect(() => compileField({ path: 'metadata.annotations[open' })).toThrow('cannot be read');
  });
});
