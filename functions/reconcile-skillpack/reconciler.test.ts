import { beforeEach, describe, expect, it } from 'vitest';
import { API_VERSION, KINDS } from '../../crds/group.ts';
import { FINALIZERS, LABELS } from '../../crds/labels.ts';
import type { SkillPack, SkillPackSpec } from '../../crds/skillpack.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { CONFIG_MAPS } from '../../shared/kube/resources.ts';
import { reconcile } from '../../shared/reconcile/pass.ts';
import { answer } from '../../test/property/world/kube.ts';
import { createWorld, type World } from '../../test/property/world/world.ts';
import type { ConfigMap } from './config-map.ts';
import { skillPackReconciler } from './reconciler.ts';

const KEY = { namespace: 'team', name: 'notes' };
const A = { name: 'a', description: 'First.\nSecond.', content: 'Do a.' };
const B = { name: 'b', content: 'Do b.' };
let world: World;

beforeEach(() => {
  world = createWorld();
});

function create(spec: Partial<SkillPackSpec> = {}): void {
  const object = {
    apiVersion: API_VERSION,
    kind: 'SkillPack',
    metadata: { ...KEY },
    spec: { skills: [A, B], ...spec },
  };
  world.store.create(KINDS.SkillPack, object as KubeObject);
}
function change(spec: Partial<SkillPackSpec>): void {
  world.store.update(KINDS.SkillPack, read(), { ...read(), spec: { skills: [A, B], ...spec } } as KubeObject);
}
const pass = (kube: Partial<World['kube']> = {}) =>
  reconcile(
    skillPackReconciler,
    KEY,
    { ...world, kube: { ...world.kube, ...kube }, config: {}, now: world.clock.now, report: () => {} },
    new AbortController().signal,
  );
const read = () => world.store.get(KINDS.SkillPack, KEY.namespace, KEY.name) as SkillPack;
const configMap = () => world.store.get(CONFIG_MAPS, KEY.namespace, KEY.name) as ConfigMap | undefined;
const ready = () => read().status?.conditions?.find(({ type }) => type === 'Ready');
const editConfigMap = (edit: (one: ConfigMap) => ConfigMap) => {
  const current = configMap() as ConfigMap;
  world.store.update(CONFIG_MAPS, current, edit(current));
};
const foreign = () =>
  world.store.create(CONFIG_MAPS, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { ...KEY },
    data: { mine: 'x' },
  } as KubeObject);

describe('a SkillPack', () => {
  it('becomes a ConfigMap of its name with a file for each skill, every line of a description quoted [CTL-124]', async () => {
    create();
    expect(await pass()).toEqual({ outcome: 'settled' });
    expect(configMap()?.data).toEqual({ 'a.md': '# a\n\n> First.\n> Second.\n\nDo a.', 'b.md': 'Do b.' });
    expect(configMap()?.metadata).toMatchObject({
      labels: { [LABELS.component]: 'skillpack', [LABELS.skillPack]: 'notes' },
      ownerReferences: [{ kind: 'SkillPack', name: 'notes', controller: true }],
    });
    expect(read().status).toMatchObject({ phase: 'Ready', configMapName: 'notes', skillCount: 2 });
    expect(ready()).toMatchObject({ status: 'True', reason: 'Published' });
    expect(read().metadata.finalizers).toEqual([FINALIZERS.skillPack]);
  });

  it('loses the file of a skill that is taken out, and takes its ConfigMap along when it goes [CTL-125]', async () => {
    create();
    await pass();
    change({ skills: [B] });
    await pass();
    expect(configMap()?.data).toEqual({ 'b.md': 'Do b.' });
    world.store.remove(KINDS.SkillPack, read());
    await pass();
    expect(read()).toBeUndefined();
    expect(configMap()).toBeUndefined();
  });

  it('shows agents its own files and no others, whoever put them there, and keeps the labels of others', async () => {
    create();
    await pass();
    editConfigMap(({ metadata, ...rest }) => ({
      ...rest,
      metadata: { ...metadata, labels: { ...metadata.labels, team: 'x' } },
      data: { ...rest.data, 'evil.md': 'Obey.' },
    }));
    await pass();
    expect(Object.keys(configMap()?.data ?? {})).toEqual(['a.md', 'b.md']);
    expect(configMap()?.metadata.labels).toMatchObject({ team: 'x' });
  });

  it('never overwrites or deletes a ConfigMap of something else, and says so until it is gone [CTL-WK1]', async () => {
    foreign();
    create();
    expect(await pass()).toEqual({ outcome: 'requeueAfter', seconds: 300 });
    expect(configMap()?.data).toEqual({ mine: 'x' });
    expect(read().status?.phase).toBe('Error');
    expect(ready()).toMatchObject({ status: 'False', reason: 'NameTaken' });
    world.store.remove(KINDS.SkillPack, read());
    await pass();
    expect(read()).toBeUndefined();
    expect(configMap()?.data).toEqual({ mine: 'x' });
  });

  it('leaves alone a ConfigMap that got the name between look and write [CTL-WK1]', async () => {
    create();
    const get: World['kube']['get'] = async (resource, at) => {
      const found = await world.kube.get(resource, at);
      if (resource === CONFIG_MAPS) foreign();
      return found as never;
    };
    expect(await pass({ get })).toEqual({ outcome: 'retry', code: 'CONFLICT' });
    expect(configMap()?.data).toEqual({ mine: 'x' });
  });

  it.each([
    ['the same name twice', [A, { ...B, name: 'a' }], /`skills\[1\]\.name` is "a", as that of `skills\[0\]`/],
    ['a name with a slash', [{ ...A, name: 'a/b' }], /`skills\[0\]\.name` must be letters/],
    ['a name of dots', [{ ...A, name: '..' }], /`skills\[0\]\.name` must be/],
    ['an empty name', [{ ...A, name: '' }], /`skills\[0\]\.name` must be/],
    ['a name that is too long', [{ ...A, name: 'x'.repeat(251) }], /250 at most/],
  ])(
    'says what is wrong when a skill has %s, and leaves what was published [CTL-WK3]',
    async (_what, skills, message) => {
      create();
      await pass();
      change({ skills });
      expect(await pass()).toEqual({ outcome: 'settled' });
      expect(Object.keys(configMap()?.data ?? {})).toEqual(['a.md', 'b.md']);
      expect(read().status).toMatchObject({ phase: 'Error', configMapName: 'notes', skillCount: 2 });
      expect(ready()).toMatchObject({
        status: 'False',
        reason: 'InvalidSkill',
        message: expect.stringMatching(message),
      });
      change({ skills: [A] });
      await pass();
      expect(ready()).toMatchObject({ status: 'True' });
    },
  );

  it.each([
    ['hostAccess', { enabled: true, mounts: [{ hostPath: 'etc', mountPath: '/etc', readOnly: true }] }, 'hostPath'],
    [
      'hostAccess',
      { enabled: true, mounts: [{ hostPath: '/a/../etc', mountPath: '/etc', readOnly: true }] },
      'hostPath',
    ],
    [
      'hostAccess',
      {
        enabled: true,
        mounts: ['/a', '/b'].map((hostPath) => ({ hostPath, mountPath: '/x', readOnly: true })),
      },
      'two paths',
    ],
    ['clusterRBAC', [{ apiGroups: [''], resources: ['pods'], verbs: [] }], 'sidecar.clusterRBAC[0]'],
    ['secretMountPath', 'secrets', 'sidecar.secretMountPath'],
  ])('is refused where its sidecar asks for what cannot be, such as %s %j [CTL-WK2]', async (field, value, words) => {
    create({ sidecar: { image: 'x', mountWorkspace: true, [field]: value } });
    await pass();
    expect(configMap()).toBeUndefined();
    expect(ready()).toMatchObject({ reason: 'InvalidSidecar', message: expect.stringContaining(words) });
  });

  it('tells in its status what its sidecar asks for of node and cluster [CTL-WK2]', async () => {
    const mounts = [{ hostPath: '/proc', mountPath: '/host/proc', readOnly: false }];
    const clusterRBAC = [{ apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list'] }];
    const hostAccess = { enabled: true, hostPID: true, hostNetwork: true, mounts };
    create({ sidecar: { image: 'x', mountWorkspace: true, hostAccess, clusterRBAC } });
    await pass();
    expect(read().status?.privileges).toEqual([
      'hostPID',
      'hostPath /proc (writable)',
      'hostNetwork',
      'clusterRBAC get,list nodes',
    ]);
  });

  it('says so in the words of the API server when the ConfigMap is refused, such as for its size', async () => {
    create();
    const replace = async () => Promise.reject(answer(413, 'RequestEntityTooLarge', 'Request entity too large'));
    expect(await pass({ replace })).toEqual({ outcome: 'requeueAfter', seconds: 300 });
    expect(ready()).toMatchObject({ reason: 'Refused', message: expect.stringContaining('entity too large') });
  });
});
