import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { API_VERSION, KINDS } from '../../crds/group.ts';
import type { SkillPack } from '../../crds/skillpack.ts';
import type { ConfigMap } from '../../functions/reconcile-skillpack/config-map.ts';
import { skillPackReconciler } from '../../functions/reconcile-skillpack/reconciler.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { CONFIG_MAPS, EVENTS } from '../../shared/kube/resources.ts';
import { type OwnPasses, ownPasses } from './own-passes.ts';

const NAMESPACE = `skillpacks-${randomUUID().slice(0, 8)}`;
const MANAGER = { fieldManager: 'cluster-test' };
let passes: OwnPasses;

beforeAll(async () => {
  const what = { reconciler: skillPackReconciler, config: {}, functionName: 'reconcile-skillpack' };
  passes = await ownPasses(what, NAMESPACE, []);
}, 60_000);

afterAll(() => passes.close());

const skills = (...names: string[]) => names.map((name) => ({ name, content: `Do ${name}.` }));
const create = (name: string, spec: object) =>
  passes.admin.create(
    KINDS.SkillPack,
    { apiVersion: API_VERSION, kind: 'SkillPack', metadata: { name, namespace: NAMESPACE }, spec } as KubeObject,
    MANAGER,
  );
const change = (name: string, spec: object) =>
  passes.admin.mergePatch({ resource: KINDS.SkillPack, namespace: NAMESPACE, name }, { spec }, MANAGER);
const remove = (name: string) => passes.admin.remove({ resource: KINDS.SkillPack, namespace: NAMESPACE, name });
const read = (name: string) => passes.admin.get<SkillPack>(KINDS.SkillPack, { namespace: NAMESPACE, name });
const configMap = (name: string) => passes.admin.get<ConfigMap>(CONFIG_MAPS, { namespace: NAMESPACE, name });
const files = async (name: string) => Object.keys((await configMap(name))?.data ?? {});

describe('reconcile-skillpack on a real API server, under its own role', () => {
  it('makes the ConfigMap, takes back what others put into it, keeps what was switched off, and then leaves it alone [CTL-124] [RUN-W53]', async () => {
    await create('whole', { skills: skills('a', 'b'), sidecar: { image: 'x', mountWorkspace: false } });
    await passes.settle('whole');
    expect(await files('whole')).toEqual(['a.md', 'b.md']);
    const target = { resource: CONFIG_MAPS, namespace: NAMESPACE, name: 'whole' };
    await passes.admin.mergePatch(target, { data: { 'evil.md': 'x' } }, MANAGER);
    await passes.settle('whole');
    expect(await files('whole')).toEqual(['a.md', 'b.md']);
    const pack = await read('whole');
    expect(pack?.status).toMatchObject({ phase: 'Ready', skillCount: 2, configMapName: 'whole' });
    // The finalizer was patched in, so that nothing was defaulted anew [CTL-WX1].
    expect(pack?.spec.sidecar?.mountWorkspace).toBe(false);
    const before = passes.writes();
    expect(await passes.pass('whole')).toEqual({ outcome: 'settled' });
    expect(passes.writes()).toBe(before);
  });

  it('refuses what the API server would not take, and leaves what is not its own [CTL-WK1] [CTL-WK3]', async () => {
    await create('wrong', { skills: skills('a/b') });
    await passes.settle('wrong');
    expect((await read('wrong'))?.status?.conditions).toMatchObject([{ status: 'False', reason: 'InvalidSkill' }]);
    const fieldSelector = 'involvedObject.name=wrong';
    const events = await passes.admin.list<KubeObject & { reason: string; type: string }>(EVENTS, {
      namespace: NAMESPACE,
      fieldSelector,
    });
    expect(events.items).toMatchObject([{ type: 'Warning', reason: 'InvalidSkill' }]);
    const theirs = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'taken', namespace: NAMESPACE } };
    await passes.admin.create(CONFIG_MAPS, { ...theirs, data: { theirs: 'x' } } as KubeObject, MANAGER);
    await create('taken', { skills: skills('a') });
    await passes.pass('taken');
    await remove('taken');
    await passes.settle('taken');
    expect(await read('taken')).toBeUndefined();
    expect((await configMap('taken'))?.data).toEqual({ theirs: 'x' });
  });

  it('ends in the same state when passes are killed anywhere in fifty lives [CTL-125]', async () => {
    for (let life = 0; life < 50; life += 1) {
      const name = `cut-${life}`;
      await create(name, { skills: skills('a', 'b') });
      await passes.pass(name, life % 4);
      await passes.settle(name);
      await change(name, { skills: skills('b', 'c') });
      await passes.pass(name, (life * 3) % 3);
      await passes.settle(name);
      expect(await files(name)).toEqual(['b.md', 'c.md']);
      await remove(name);
      await passes.pass(name, (life * 5) % 3);
      await passes.settle(name);
      expect([await read(name), await configMap(name)]).toEqual([undefined, undefined]);
    }
  }, 240_000);
});
