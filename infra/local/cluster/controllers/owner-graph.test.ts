import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../../../shared/kube/objects.ts';
import { CONFIG_MAPS } from '../../../../shared/kube/resources.ts';
import { collect, createOwnerGraph, type GraphNode, type OwnerState } from './owner-graph.ts';

function anObject(uid: string, owners: string[] = [], over: Partial<KubeObject['metadata']> = {}): KubeObject {
  const ownerReferences = owners.map((owner) => ({ apiVersion: 'v1', kind: 'ConfigMap', name: owner, uid: owner }));
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: uid, namespace: 'n', uid, ownerReferences, ...over },
  };
}

function aNode(owners: string[], over: Partial<KubeObject['metadata']> = {}): GraphNode {
  return createOwnerGraph().put(CONFIG_MAPS, anObject('x', owners, over));
}

const states = (entries: Record<string, OwnerState>): Map<string, OwnerState> => new Map(Object.entries(entries));

describe('collect', () => {
  it.each([
    { when: 'it has no owners', node: aNode([]), given: {}, verdict: { do: 'nothing' } },
    { when: 'its owner is there', node: aNode(['a']), given: { a: 'solid' }, verdict: { do: 'nothing' } },
    {
      when: 'its only owner is gone',
      node: aNode(['a']),
      given: { a: 'absent' },
      verdict: { do: 'delete', propagation: 'Background' },
    },
    {
      when: 'one of two owners is gone',
      node: aNode(['a', 'b']),
      given: { a: 'absent', b: 'solid' },
      verdict: { do: 'drop', uids: ['a'] },
    },
    {
      when: 'it is being deleted',
      node: aNode(['a'], { deletionTimestamp: 'now' }),
      given: { a: 'absent' },
      verdict: { do: 'nothing' },
    },
    {
      when: 'its owner waits and it owns nothing',
      node: aNode(['a']),
      given: { a: 'waiting' },
      verdict: { do: 'delete', propagation: 'Background' },
    },
  ] as const)('decides when $when', ({ node, given, verdict }) => {
    expect(collect(node, states(given), false)).toEqual(verdict);
  });

  it('deletes in the foreground when its owner waits and it owns something itself', () => {
    expect(collect(aNode(['a']), states({ a: 'waiting' }), true)).toEqual({ do: 'delete', propagation: 'Foreground' });
  });
});

describe('createOwnerGraph', () => {
  it('knows the dependents of an owner when the owner itself was never seen', () => {
    const graph = createOwnerGraph();
    graph.put(CONFIG_MAPS, anObject('child', ['owner']));
    expect(graph.dependentsOf('owner').map(({ ref }) => ref.uid)).toEqual(['child']);
  });

  it('forgets a dependent when it lost its reference', () => {
    const graph = createOwnerGraph();
    graph.put(CONFIG_MAPS, anObject('child', ['owner']));
    graph.put(CONFIG_MAPS, anObject('child'));
    expect(graph.dependentsOf('owner')).toEqual([]);
  });
});
