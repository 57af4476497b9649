import { describe, expect, it } from 'vitest';
import type { KubeClient } from '../../shared/kube/client.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { loadAdmitConfig } from './config.ts';
import { createGoverningReader } from './governing.ts';

const WANTED = { namespace: 'team', instance: 'inst', packs: [] };
const { signal } = new AbortController();

/** An API server with an instance and its policy, which can be told to hang or fail, and a clock. */
function aScene() {
  const scene = { at: 10_000, reads: [] as string[], answer: async (): Promise<void> => {}, policyRef: 'strict' };
  const get = async (resource: { kind: string }, key: { name: string }): Promise<KubeObject | undefined> => {
    scene.reads.push(`${resource.kind} ${key.name}`);
    await scene.answer();
    if (resource.kind === 'Namespace') return undefined;
    return { metadata: { name: key.name }, spec: { policyRef: scene.policyRef } } as unknown as KubeObject;
  };
  const reader = createGoverningReader({ get } as unknown as KubeClient, loadAdmitConfig({}), () => scene.at);
  return { scene, recent: () => reader.recent(WANTED, signal), live: () => reader.live(WANTED, signal) };
}

const ONCE = ['Namespace team', 'SympoziumInstance inst', 'SympoziumPolicy strict'];

describe('what a run is judged by', () => {
  it('is read once for all questions that come together, and not again for a while', async () => {
    const { scene, recent } = aScene();
    await Promise.all(Array.from({ length: 16 }, recent));
    scene.at += 999;
    expect(await recent()).toMatchObject({ policy: { metadata: { name: 'strict' } } });
    expect(scene.reads.toSorted()).toEqual(ONCE);
  });

  it('is read anew before it is too old, and no question waits for that or fails with it', async () => {
    const { scene, recent } = aScene();
    await recent();
    scene.at += 1_500;
    scene.answer = () => Promise.reject(new Error('the API server is away'));
    await Promise.all(Array.from({ length: 16 }, recent));
    expect(scene.reads).toHaveLength(6);
    scene.answer = async () => {};
    scene.policyRef = 'soft';
    await recent();
    await recent();
    expect((await recent()).policy?.metadata.name).toBe('soft');
  });

  it('is never older than two seconds: then a question waits, and fails when nothing can be read [CTL-WA5]', async () => {
    const { scene, recent } = aScene();
    await recent();
    scene.at += 2_000;
    scene.answer = () => Promise.reject(new Error('the API server is away'));
    await expect(recent()).rejects.toThrow('away');
  });

  it('is read by itself for a question that is about to be refused', async () => {
    const { scene, recent, live } = aScene();
    await recent();
    await Promise.all([live(), live()]);
    expect(scene.reads).toHaveLength(9);
  });
});
