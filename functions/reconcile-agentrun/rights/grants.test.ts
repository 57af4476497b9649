import { describe, expect, it } from 'vitest';
import { anAgentRun, aPack, aStarting, CONFIG } from '../fixtures.ts';
import { buildOf } from '../start/start.ts';
import { grantActions, revocations } from './grants.ts';

const WIDE = aPack('ops', { clusterRBAC: [{ apiGroups: [''], resources: ['nodes'], verbs: ['get'] }] });

function grantsOf(namespace: string, name: string) {
  const primary = anAgentRun({ metadata: { namespace, name }, spec: { skills: [{ skillPackRef: 'ops' }] } });
  const build = buildOf(aStarting({ primary, packs: { ops: WIDE } }), CONFIG);
  if (build === undefined) throw new Error('A run needs an instance');
  const made = grantActions(build).flatMap((action) => ('object' in action ? [action.object] : []));
  const removed = revocations(primary, build.resolution).flatMap((action) =>
    action.verb === 'delete' ? [`${action.target.resource.kind} ${action.target.name}`] : [],
  );
  return { made, removed };
}

describe('rights in the whole cluster', () => {
  it('are a role and a binding to the account of the run, in its namespace [RUN-059]', () => {
    const { made } = grantsOf('team', 'run-1');
    const binding = made.find(({ kind }) => kind === 'ClusterRoleBinding');
    expect(made.find(({ kind }) => kind === 'ClusterRole')).toMatchObject({ rules: [{ resources: ['nodes'] }] });
    expect(binding).toMatchObject({
      subjects: [{ kind: 'ServiceAccount', name: 'sympozium-run-run-1', namespace: 'team' }],
    });
  });

  it.each([
    { one: ['team', 'run-1'], other: ['other', 'run-1'] },
    { one: ['a', 'b-c'], other: ['a-b', 'c'] },
    { one: ['a', 'b.c'], other: ['a-b', 'c'] },
    { one: ['a', `${'b'.repeat(250)}-1`], other: ['a', `${'b'.repeat(250)}-2`] },
  ] as { one: [string, string]; other: [string, string] }[])(
    'are not shared, and not taken back, by runs of two namespaces, as $one and $other [RUN-W19]',
    ({ one, other }) => {
      const [mine, theirs] = [grantsOf(...one), grantsOf(...other)];
      const wide = ({ made }: typeof mine) =>
        made.filter(({ kind }) => kind.startsWith('Cluster')).map(({ kind, metadata }) => `${kind} ${metadata.name}`);
      expect(wide(mine).length).toBe(2);
      expect(mine.removed).toEqual(expect.arrayContaining(wide(mine)));
      for (const name of wide(theirs)) expect([...wide(mine), ...mine.removed]).not.toContain(name);
    },
  );
});

describe('rights of several', () => {
  const pods = { apiGroups: [''], resources: ['pods'], verbs: ['list'] };
  const nodes = { apiGroups: [''], resources: ['nodes'], verbs: ['get'] };

  it('are one role of each scope with what all ask for, since one account holds them, and are taken back', () => {
    const skills = [{ skillPackRef: 'ops' }, { skillPackRef: 'audit' }];
    const lifecycle = { gateDefault: 'block' as const, rbac: [{ ...pods, verbs: ['delete'] }] };
    const primary = anAgentRun({ spec: { skills, lifecycle } });
    const packs = {
      ops: aPack('ops', { rbac: [pods], clusterRBAC: [nodes] }),
      audit: aPack('audit', { rbac: [pods], clusterRBAC: [{ ...nodes, verbs: ['list'] }] }),
    };
    const build = buildOf(aStarting({ primary, packs }), CONFIG);
    if (build === undefined) throw new Error('A run needs an instance');
    const made = grantActions(build).flatMap((action) => ('object' in action ? [action.object] : []));
    const named = made.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    expect(named).toEqual([
      'ServiceAccount sympozium-run-run-1',
      'Role sympozium-run-run-1',
      'RoleBinding sympozium-run-run-1',
      'ClusterRole sympozium-run:team:run-1',
      'ClusterRoleBinding sympozium-run:team:run-1',
    ]);
    expect(made[1]).toMatchObject({ rules: [pods, { ...pods, verbs: ['delete'] }] });
    expect(made[3]).toMatchObject({ rules: [nodes, { ...nodes, verbs: ['list'] }] });
    const removed = revocations(primary, build.resolution).flatMap((action) =>
      action.verb === 'delete' ? [`${action.target.resource.kind} ${action.target.name}`] : [],
    );
    // The account goes with the run: nothing is bound to it.
    expect(removed.toSorted()).toEqual(named.slice(1).toSorted());
  });
});
