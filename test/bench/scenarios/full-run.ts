import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentRun } from '../../../crds/agentrun.ts';
import { API_VERSION, KINDS } from '../../../crds/group.ts';
import { ANNOTATIONS } from '../../../crds/labels.ts';
import { createApplier } from '../../../infra/local/content/apply.ts';
import type { KubeObject } from '../../../shared/kube/objects.ts';
import type { Cluster, Scenario } from '../bench.ts';
import { withCountedPlane } from '../counted-plane.ts';
import type { Figure } from '../figure.ts';
import { atRate, names } from '../load.ts';
import { isWrite } from '../request-kind.ts';

const RUNS = 20;
const WRITES_LIMIT = 20;
const POLL_MS = 100;
const DEADLINE_MS = 120_000;
/** Longer than what a pass, its events and a requeue of a second take. */
const QUIET_MS = 3000;
const RULES = [{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }];

/** What a run costs that has all that a run can have: two skills with rights, hooks with rights, a gate, an MCP server and a memory. */
export const fullRun: Scenario = {
  name: 'full-run',
  measure: (bench, cluster) =>
    withCountedPlane(bench, cluster, 'full-run', async ({ namespace, take }) => {
      await createApplier(cluster.kube, 'bench')(objectsIn(namespace));
      // The first finds connections to open and caches to fill.
      await live(cluster, namespace, 'first');
      await sleep(QUIET_MS);
      take();
      bench.tell(`${RUNS} runs, one a second`);
      await atRate(names('full', RUNS), 1, (name) => live(cluster, namespace, name));
      await sleep(QUIET_MS);
      const { relay, host } = take();
      const from = `${RUNS} runs with two skills and hooks with rights, a gate, an MCP server and a memory, one a second`;
      const perRun = (wanted: (kind: string) => boolean) =>
        [...relay, ...host].reduce((sum, [kind, times]) => sum + (wanted(kind) ? times : 0), 0) / RUNS;
      return [
        figure('writes', perRun(isWrite), from, WRITES_LIMIT),
        figure(
          'reads',
          perRun((kind) => !isWrite(kind)),
          from,
        ),
        figure(
          'conflicts',
          perRun((kind) => kind.endsWith(' 409')),
          from,
        ),
        ...[...host].sort().map(([kind, times]) => figure(`host ${kind}`, times / RUNS, from)),
      ];
    }),
};

const object = (namespace: string, kind: string, name: string, spec: object) => ({
  apiVersion: API_VERSION,
  kind,
  metadata: { name, namespace },
  spec,
});

function objectsIn(namespace: string) {
  const pack = (name: string) =>
    object(namespace, 'SkillPack', name, {
      skills: [{ name, content: 'Look at pods.' }],
      sidecar: { image: `skill-${name}:1`, rbac: RULES },
    });
  const skills = ['ops', 'audit', 'memory'].map((skillPackRef) => ({ skillPackRef }));
  const mcpServers = [{ name: 'wiki', url: 'https://wiki.example/mcp', toolsPrefix: 'wiki' }];
  const instance = { agents: { default: { model: 'scripted' } }, skills, mcpServers };
  return [pack('ops'), pack('audit'), object(namespace, 'SympoziumInstance', 'full', instance)];
}

/** A run from its creation until it is let go; its gate is answered as soon as it is asked. */
async function live({ kube }: Cluster, namespace: string, name: string): Promise<void> {
  const hook = (hookName: string, gate = false) => ({ name: hookName, image: 'hook:1', ...(gate && { gate }) });
  const run = object(namespace, 'AgentRun', name, {
    instanceRef: 'full',
    agentId: 'primary',
    sessionKey: name,
    task: 'Count the pods.',
    model: { provider: 'scripted', model: 'scripted', authSecretRef: '' },
    lifecycle: { preRun: [hook('clone')], postRun: [hook('notify'), hook('review', true)], rbac: RULES },
  });
  await kube.create(KINDS.AgentRun, run as KubeObject, { fieldManager: 'bench' });
  const deadline = performance.now() + DEADLINE_MS;
  for (let answered = false; ; await sleep(POLL_MS)) {
    const now = await kube.get<AgentRun>(KINDS.AgentRun, { namespace, name });
    const { phase, error } = now?.status ?? {};
    if (phase === 'Failed') throw new Error(`Run ${name} failed: ${error}`);
    if (phase === 'Succeeded' && (now?.metadata.finalizers ?? []).length === 0) return;
    if (phase === 'PostRunning' && !answered) {
      const annotations = { [ANNOTATIONS.gateVerdict]: '{"action":"approve"}' };
      const at = { resource: KINDS.AgentRun, namespace, name };
      await kube.mergePatch(at, { metadata: { annotations } }, { fieldManager: 'bench' });
      answered = true;
    }
    if (performance.now() > deadline) throw new Error(`Run ${name} is ${phase} after ${DEADLINE_MS / 1000} s`);
  }
}

const figure = (name: string, value: number, from: string, limit?: number): Figure => ({
  scenario: 'full-run',
  name,
  value,
  unit: 'per run',
  from,
  ...(limit !== undefined && { limit }),
});
