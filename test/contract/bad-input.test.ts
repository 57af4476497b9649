import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { API_VERSION, KINDS, type Kind } from '../../crds/group.ts';
import { manifest } from '../../functions/admit/function.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { NAMESPACES } from '../../shared/kube/resources.ts';
import { KubeStatusError } from '../../shared/kube/status-error.ts';
import { type ContractCluster, startContractCluster } from './api-cluster.ts';
import { BAD_INPUTS, GOOD } from './bad-input.ts';

const NAMESPACE = `bad-input-${process.pid}`;
const MANAGER = { fieldManager: 'contract-test' };
let cluster: ContractCluster;

beforeAll(async () => {
  cluster = await startContractCluster(manifest);
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } };
  await cluster.kube.create(NAMESPACES, namespace, MANAGER);
});

afterAll(async () => {
  await cluster.kube.remove({ resource: NAMESPACES, name: NAMESPACE });
  await cluster.close();
});

/** `null` takes a field away. */
function create(kind: Kind, name: string, parts: object): Promise<KubeObject> {
  const fields = Object.entries({ ...GOOD[kind], ...parts }).filter(([, value]) => value !== null);
  const object = {
    apiVersion: API_VERSION,
    kind,
    metadata: { name, namespace: NAMESPACE },
    spec: Object.fromEntries(fields),
  };
  return cluster.kube.create(KINDS[kind], object as KubeObject, MANAGER);
}

describe('an API server with our kinds', () => {
  it.each(Object.keys(GOOD) as Kind[])('takes the least that makes a %s', async (kind) => {
    await create(kind, 'least', {});
  });

  it.each(BAD_INPUTS)('refuses $what in a $kind, and names the field', async ({ kind, spec, field, says }) => {
    const refused = await create(kind, 'bad', spec).catch((thrown: unknown) => thrown);
    expect(refused).toBeInstanceOf(KubeStatusError);
    const { code, message } = refused as KubeStatusError;
    expect(code).toBe(422);
    expect(message).toContain(says);
    expect(message).toMatch(new RegExp(`(^|[ \\[])${field.replaceAll(/[.[\]]/g, String.raw`\$&`)}(\\[\\w+\\])?: `));
  });
});
