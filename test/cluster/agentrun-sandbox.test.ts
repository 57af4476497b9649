import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AgentRun } from '../../crds/agentrun.ts';
import { API_VERSION, KINDS } from '../../crds/group.ts';
import { loadRunConfig } from '../../functions/reconcile-agentrun/config.ts';
import type { Sandbox } from '../../functions/reconcile-agentrun/pod/sandbox.ts';
import { agentRunReconciler } from '../../functions/reconcile-agentrun/reconciler.ts';
import { createApplier, established } from '../../infra/local/content/apply.ts';
import { controllerReference, type KubeObject } from '../../shared/kube/objects.ts';
import { JOBS, PODS, SANDBOXES } from '../../shared/kube/resources.ts';
import { SANDBOX_API } from './foreign-apis.ts';
import { type OwnPasses, ownPasses } from './own-passes.ts';

const NAMESPACE = `sandboxes-${randomUUID().slice(0, 8)}`;
const MANAGER = { fieldManager: 'cluster-test' };
let passes: OwnPasses;

const ours = (kind: string, name: string, spec: object) => ({
  apiVersion: API_VERSION,
  kind,
  metadata: { name, namespace: NAMESPACE },
  spec,
});

beforeAll(async () => {
  const what = { reconciler: agentRunReconciler, config: loadRunConfig({}), functionName: 'reconcile-agentrun' };
  passes = await ownPasses(what, NAMESPACE, [
    ours('SympoziumInstance', 'inst', { agents: { default: { model: 'm', agentSandbox: { enabled: true } } } }),
  ]);
  await createApplier(passes.admin, 'cluster-test')(SANDBOX_API);
  await established(passes.admin, SANDBOX_API);
}, 60_000);

afterAll(() => passes.close());

async function create(name: string): Promise<void> {
  const model = { provider: 'scripted', model: 'm', authSecretRef: '' };
  const run = ours('AgentRun', name, { instanceRef: 'inst', agentId: '', sessionKey: '', task: 'Count.', model });
  await passes.admin.create(KINDS.AgentRun, run as KubeObject, MANAGER);
}
const sandboxOf = (run: string) => passes.admin.get<Sandbox>(SANDBOXES, { namespace: NAMESPACE, name: `sb-${run}` });
const statusOf = async (name: string) =>
  (await passes.admin.get<AgentRun>(KINDS.AgentRun, { namespace: NAMESPACE, name }))?.status;

/** As the controller of Sandboxes does: a pod of its name, with the labels of its template. */
async function makePod({ metadata, spec, apiVersion, kind }: Sandbox): Promise<void> {
  const { podTemplate: template } = spec;
  const owner = controllerReference({ apiVersion, kind, metadata });
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...template.metadata, name: metadata.name, namespace: NAMESPACE, ownerReferences: [owner] },
    spec: template.spec,
  };
  await passes.admin.create(PODS, pod as KubeObject, MANAGER);
}

describe('a run in a Sandbox on a real API server, under its own role', () => {
  it('has one Sandbox and no Job, however often its passes are cut, and a pod that the API server takes', async () => {
    await create('boxed');
    for (let steps = 1; steps < 8; steps += 1) await passes.pass('boxed', steps).catch(() => undefined);
    const sandbox = (await sandboxOf('boxed')) as Sandbox;
    await makePod(sandbox);
    await passes.pass('boxed');
    expect(await statusOf('boxed')).toMatchObject({ phase: 'Running', sandboxName: 'sb-boxed', podName: 'sb-boxed' });
    expect((await passes.admin.list(JOBS, { namespace: NAMESPACE })).items).toEqual([]);
  });

  it('takes its Sandbox down when it is cancelled', async () => {
    await create('ended');
    await passes.pass('ended');
    const at = { resource: KINDS.AgentRun, namespace: NAMESPACE, name: 'ended' };
    await passes.admin.mergePatch(at, { spec: { cancel: true } }, MANAGER);
    await passes.settle('ended');
    expect(await statusOf('ended')).toMatchObject({ phase: 'Failed', error: 'cancelled' });
    // The garbage collector looks for new kinds every half minute, and ends a deletion in the foreground only then.
    await expect.poll(() => sandboxOf('ended'), { timeout: 90_000, interval: 500 }).toBeUndefined();
  });
});
