import { describe, expect, it } from 'vitest';
import type { Deployment, Pod, ReplicaSet, Service } from '../client/core-types.ts';
import { deploymentStatus, templateHash } from './deployments.ts';
import { livePods, surplus } from './replica-sets.ts';
import { selects } from './services.ts';

const NOW = new Date('2026-01-02T03:04:05Z');

function aPod(
  name: string,
  { ready = true, created = '2026-01-01T00:00:00Z', phase = 'Running' as const, labels = {} } = {},
): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'n', creationTimestamp: created, labels },
    spec: { containers: [] },
    status: { phase, conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  };
}

const template = { metadata: { labels: { app: 'x' } }, spec: { containers: [{ name: 'c', image: 'i:1' }] } };
const deployment: Deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'd', namespace: 'n', generation: 2 },
  spec: { replicas: 2, selector: { matchLabels: { app: 'x' } }, template },
};

function aSet(ready: number): ReplicaSet {
  const { apiVersion, spec } = deployment;
  return {
    apiVersion,
    kind: 'ReplicaSet',
    metadata: { name: 'd-1' },
    spec,
    status: { replicas: 2, readyReplicas: ready, availableReplicas: ready },
  };
}

describe('surplus', () => {
  it('takes pods that are not ready first, then the youngest', () => {
    const pods = [aPod('old'), aPod('young', { created: '2026-01-02T00:00:00Z' }), aPod('sick', { ready: false })];
    expect(surplus(pods, 2).map(({ metadata }) => metadata.name)).toEqual(['sick', 'young']);
    expect(surplus(pods, -1)).toEqual([]);
  });
});

describe('livePods', () => {
  it('leaves out a pod that is on its way out', () => {
    const going = aPod('going');
    going.metadata.deletionTimestamp = '2026-01-02T00:00:00Z';
    expect(livePods([going, aPod('here')]).map(({ metadata }) => metadata.name)).toEqual(['here']);
  });
});

describe('deploymentStatus', () => {
  it('is available and complete when the new set is ready', () => {
    const status = deploymentStatus(deployment, aSet(2), [], NOW);
    expect(status).toMatchObject({ observedGeneration: 2, availableReplicas: 2, unavailableReplicas: 0 });
    expect(status.conditions?.map(({ type, status: value, reason }) => [type, value, reason])).toEqual([
      ['Available', 'True', 'MinimumReplicasAvailable'],
      ['Progressing', 'True', 'NewReplicaSetAvailable'],
    ]);
  });

  it('is not available when a replica is missing', () => {
    expect(deploymentStatus(deployment, aSet(1), [], NOW).conditions?.[0]).toMatchObject({
      type: 'Available',
      status: 'False',
    });
  });
});

describe('templateHash', () => {
  it('changes when the template does, and only then', () => {
    expect(templateHash(template)).toBe(templateHash(structuredClone(template)));
    expect(templateHash(template)).not.toBe(
      templateHash({ ...template, spec: { containers: [{ name: 'c', image: 'i:2' }] } }),
    );
  });
});

describe('selects', () => {
  const service: Service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 's', namespace: 'n' },
    spec: { selector: { app: 'x' } },
  };
  it('needs every label of the selector', () => {
    expect(selects(service, aPod('a', { labels: { app: 'x', more: 'y' } }))).toBe(true);
    expect(selects(service, aPod('a', { labels: { app: 'z' } }))).toBe(false);
  });
  it('selects nothing when there is no selector', () => {
    expect(selects({ ...service, spec: {} }, aPod('a'))).toBe(false);
  });
});
