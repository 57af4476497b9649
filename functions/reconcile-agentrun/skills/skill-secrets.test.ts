import { describe, expect, it } from 'vitest';
import { API_VERSION, KINDS, SYSTEM_NAMESPACE } from '../../../crds/group.ts';
import type { KubeObject } from '../../../shared/kube/objects.ts';
import { JOBS, PODS, SECRETS } from '../../../shared/kube/resources.ts';
import type { Job } from '../../../shared/pods/job.ts';
import type { Pod } from '../../../shared/pods/pod.ts';
import { reconcile } from '../../../shared/reconcile/pass.ts';
import {
  createPod,
  endContainer,
  populateRun,
  publishResult,
  RUN_KEY,
  runIn,
  startPod,
} from '../../../test/property/agentrun-world.ts';
import { createWorld, type World } from '../../../test/property/world/world.ts';
import { CONFIG } from '../fixtures.ts';
import { agentRunReconciler } from '../reconciler.ts';

const { namespace, name } = RUN_KEY;
const data = { token: 'czNjcmV0' };

async function pass(world: World): Promise<void> {
  const dependencies = { ...world, config: CONFIG, now: world.clock.now, report: () => {} };
  await reconcile(agentRunReconciler, RUN_KEY, dependencies, new AbortController().signal);
}

/** A run with a built-in skill that wants the Secret `pat`, which is in these namespaces, when its pod is at work. */
async function aRunAtWork(places: string[]): Promise<World> {
  const world = createWorld();
  populateRun(world);
  const run = runIn(world);
  if (run === undefined) throw new Error('The run was made');
  const skills = [{ skillPackRef: 'git' }];
  world.store.update(KINDS.AgentRun, run, { ...run, spec: { ...run.spec, skills } } as KubeObject);
  world.store.create(KINDS.SkillPack, {
    apiVersion: API_VERSION,
    kind: 'SkillPack',
    metadata: { name: 'git', namespace: SYSTEM_NAMESPACE },
    spec: { skills: [], sidecar: { image: 'git:1', mountWorkspace: true, secretRef: 'pat' } },
  } as KubeObject);
  for (const place of places) {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'pat', namespace: place }, type: 'Opaque' };
    world.store.create(SECRETS, { ...secret, data } as KubeObject);
  }
  await pass(world);
  createPod(world, world.store.all(JOBS)[0]?.object as Job);
  startPod(world, world.store.all(PODS)[0]?.object as Pod);
  await pass(world);
  return world;
}

function mountedIn(world: World): string | undefined {
  const job = world.store.all(JOBS)[0]?.object as Job;
  return job.spec.template.spec.volumes?.find((volume) => volume.name === 'skill-secret-git')?.secret?.secretName;
}
const copyIn = ({ store }: World) => store.get(SECRETS, namespace, `${name}-secret-git`);
const messageIn = (world: World) => runIn(world)?.status?.conditions?.[0]?.message;

describe('the Secret of a skill', () => {
  it('is copied from beside a built-in pack for as long as the run lasts, and is in no status [RUN-W52]', async () => {
    const world = await aRunAtWork([SYSTEM_NAMESPACE]);
    expect(mountedIn(world)).toBe(`${name}-secret-git`);
    expect(copyIn(world)).toMatchObject({ data, type: 'Opaque', metadata: { ownerReferences: [{ name }] } });
    expect(JSON.stringify(runIn(world)?.status)).not.toContain(data.token);
    endContainer(world, world.store.all(PODS)[0]?.object as Pod, 'agent', 0, '');
    publishResult(world, { status: 'success', response: 'Three.' });
    await pass(world);
    expect(runIn(world)?.status?.phase).toBe('Succeeded');
    expect(copyIn(world)).toBeUndefined();
  });

  it('is the one of its own namespace where there is one [RUN-W52]', async () => {
    const world = await aRunAtWork([SYSTEM_NAMESPACE, namespace]);
    expect(mountedIn(world)).toBe('pat');
    expect(copyIn(world)).toBeUndefined();
    expect(messageIn(world)).toBe('The agent is at work');
  });

  it('is said to be missing where there is none, and the run goes on without [RUN-W52]', async () => {
    const world = await aRunAtWork([]);
    expect(mountedIn(world)).toBe('pat');
    expect(messageIn(world)).toBe('The agent is at work, but Secret "pat" of skill "git" was not found');
  });
});
