import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AgentRun } from '../../crds/agentrun.ts';
import { API_VERSION, KINDS } from '../../crds/group.ts';
import { LABELS } from '../../crds/labels.ts';
import type { SympoziumSchedule } from '../../crds/sympoziumschedule.ts';
import { scheduleReconciler } from '../../functions/reconcile-sympoziumschedule/reconciler.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { type OwnPasses, ownPasses } from './own-passes.ts';

const NAMESPACE = `schedules-${randomUUID().slice(0, 8)}`;
const MANAGER = { fieldManager: 'cluster-test' };
const LIVES = Array.from({ length: 50 }, (_, life) => ({ life, name: `cut-${life}` }));
let passes: OwnPasses;

beforeAll(async () => {
  const spec = { agents: { default: { model: 'small' } } };
  const metadata = { name: 'inst', namespace: NAMESPACE };
  const instance = { apiVersion: API_VERSION, kind: 'SympoziumInstance', metadata, spec };
  const what = { reconciler: scheduleReconciler, config: {}, functionName: 'reconcile-sympoziumschedule' };
  passes = await ownPasses(what, NAMESPACE, [instance]);
}, 60_000);

afterAll(() => passes.close());

const at = (name: string) => ({ resource: KINDS.SympoziumSchedule, namespace: NAMESPACE, name });
const read = (name: string) => passes.admin.get<SympoziumSchedule>(KINDS.SympoziumSchedule, at(name));
const runsOf = async (name: string) => {
  const { items } = await passes.admin.list<AgentRun>(KINDS.AgentRun, {
    namespace: NAMESPACE,
    labelSelector: `${LABELS.schedule}=${name}`,
  });
  return items;
};
const create = (name: string, rest: object = {}) => {
  const spec = { instanceRef: 'inst', schedule: '@every 2s', task: 'Look.', ...rest };
  const object = { apiVersion: API_VERSION, kind: 'SympoziumSchedule', metadata: { name, namespace: NAMESPACE }, spec };
  return passes.admin.create(KINDS.SympoziumSchedule, object as KubeObject, MANAGER);
};

describe('reconcile-sympoziumschedule on a real API server, under its own role', () => {
  it('makes one run for each tick and counts it, when passes are killed anywhere in fifty lives [CTL-WS1]', async () => {
    for (const { name } of LIVES) await create(name, { schedule: '@every 20s' });
    const ticked = sleep(22_000);
    for (const { name, life } of LIVES) await passes.pass(name, life % 3);
    await ticked;
    // Killed after 0 to 3 writes, which are the claim, the run and the status; then looked at again, some of them twice.
    for (const { name, life } of LIVES) await passes.pass(name, life % 4).catch(() => undefined);
    for (const { name } of LIVES) await passes.pass(name);
    for (const { name } of LIVES.slice(0, 25)) await passes.pass(name);
    for (const { name } of LIVES) {
      await passes.admin.mergePatch(at(name), { spec: { suspend: true } }, MANAGER);
      await passes.settle(name);
      const { phase, totalRuns } = (await read(name))?.status ?? {};
      const made = (await runsOf(name)).length;
      expect({ phase, totalRuns, made }, name).toEqual({ phase: 'Suspended', totalRuns: 1, made: 1 });
    }
  }, 240_000);

  it('waits for the run under way with Forbid, ends it with Replace, and leaves runs behind when it goes [CTL-WS3] [CTL-WS10]', async () => {
    await create('forbid', { concurrencyPolicy: 'Forbid' });
    await create('replace', { concurrencyPolicy: 'Replace' });
    for (const name of ['forbid', 'replace']) await passes.pass(name);
    const first = new Map<string, string | undefined>();
    for (let tick = 0; tick < 2; tick += 1) {
      await sleep(2_200);
      for (const name of ['forbid', 'replace']) {
        await passes.pass(name);
        if (tick === 0) first.set(name, (await runsOf(name))[0]?.metadata.name);
      }
    }
    expect((await runsOf('forbid')).map(({ metadata }) => metadata.name)).toEqual([first.get('forbid')]);
    const replaced = await runsOf('replace');
    const ended = replaced.filter(({ spec }) => spec.cancel === true);
    expect(replaced).toHaveLength(2);
    expect(ended.map(({ metadata }) => metadata.name)).toEqual([first.get('replace')]);
    await passes.admin.remove(at('forbid'));
    await passes.pass('forbid');
    expect(await read('forbid')).toBeUndefined();
    expect((await runsOf('forbid')).map(({ metadata }) => metadata.ownerReferences)).toEqual([undefined]);
  }, 60_000);
});
