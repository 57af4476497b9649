import { Agent, request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { API_VERSION, KINDS } from '../../../crds/group.ts';
import { manifest } from '../../../functions/admit/function.ts';
import { createApplier } from '../../../infra/local/content/apply.ts';
import { webhookConfigurations } from '../../../infra/manifests/webhooks.ts';
import type { KubeObject } from '../../../shared/kube/objects.ts';
import { type Cluster, type Scenario, withControlPlane, withNamespace } from '../bench.ts';
import type { ControlPlane } from '../control-plane.ts';
import type { Figure } from '../figure.ts';
import { inParallel, names, timed } from '../load.ts';
import { median, percentile } from '../stats.ts';

/** Some seconds of sixteen in flight: in fewer, the engine is still compiling what is asked most. */
const QUESTIONS = 12_000;
const WARM_UP = 4000;
const CREATES = 300;
/** Between creates, so that one is not measured while the reconciler looks at the one before. */
const PAUSE_MS = 50;

/** What the webhooks cost: asked by themselves, one and sixteen at a time, and as part of a create, which is paired with one without. */
export const admission: Scenario = {
  name: 'admission',
  measure: (bench, cluster) =>
    withControlPlane(bench, { relay: cluster.kubeconfig, host: cluster.kubeconfig }, (plane) =>
      withNamespace(cluster, 'admission', async (namespace) => {
        await bindPolicy(cluster, namespace);
        const agent = new Agent({ keepAlive: true, ca: plane.admission.ca });
        const ask = () => review(plane, agent, namespace);
        await timed(WARM_UP, 16, ask);
        bench.tell('one question at a time, then sixteen');
        const alone = await timed(QUESTIONS, 1, ask);
        const together = await timed(QUESTIONS, 16, ask);
        agent.destroy();
        bench.tell('creates without and with webhooks');
        const added = await withWebhooks(cluster, plane, (register) => pairedCreates(cluster, namespace, register));
        const from = `${QUESTIONS} questions about a run of an instance with a policy, through the relay to the function in the host`;
        return [
          figure('one in flight p50', percentile(alone, 0.5), from, 1),
          figure('one in flight p99', percentile(alone, 0.99), from),
          figure('16 in flight p50', percentile(together, 0.5), from),
          figure('16 in flight p99', percentile(together, 0.99), from, 13),
          figure('create without', median(added.without), `p50 of ${CREATES} runs, one each ${PAUSE_MS} ms`),
          figure(
            'added to a create',
            median(added.with) - median(added.without),
            'difference of the p50s, in turns',
            5,
          ),
        ];
      }),
    ),
};

const GOVERNED = 'governed';

/** An instance with a policy that has something to say about each run. */
async function bindPolicy({ kube }: Cluster, namespace: string): Promise<void> {
  const object = (kind: string, name: string, spec: object) => ({
    apiVersion: API_VERSION,
    kind,
    metadata: { name, namespace },
    spec,
  });
  const policy = { sandboxPolicy: { required: false, maxCPU: '1' }, toolGating: { defaultAction: 'allow' } };
  const instance = { agents: { default: { model: 'scripted' } }, policyRef: 'default' };
  await createApplier(
    kube,
    'bench',
  )([object('SympoziumPolicy', 'default', policy), object('SympoziumInstance', GOVERNED, instance)]);
}

type Register = (on: boolean) => Promise<void>;

/** Gives `work` a switch of the webhooks; they are gone afterwards, since nobody answers for them any more. */
async function withWebhooks<T>(
  { kube }: Cluster,
  { admission: { url, ca } }: ControlPlane,
  work: (register: Register) => Promise<T>,
): Promise<T> {
  const objects = webhookConfigurations([manifest], ca, (path) => ({ url: url + path }));
  const apply = createApplier(kube, 'bench');
  const register: Register = async (on) => {
    if (on) await apply(objects);
    else
      for (const { apiVersion, kind, metadata } of objects)
        await kube.json({ method: 'DELETE', path: `/apis/${apiVersion}/${kind.toLowerCase()}s/${metadata.name}` });
    // The API server takes up its configurations a moment later.
    await sleep(2_000);
  };
  try {
    return await work(register);
  } finally {
    await register(false).catch(() => undefined);
  }
}

/** Creates in turns of fifty, so that whatever else changes meanwhile is in both. */
async function pairedCreates({ kube }: Cluster, namespace: string, register: Register) {
  const times = { with: [] as number[], without: [] as number[] };
  for (let turn = 0; turn < CREATES / 50; turn += 1) {
    for (const which of ['with', 'without'] as const) {
      await register(which === 'with');
      await inParallel(names(`${which}-${turn}`, 50), 1, async (name) => {
        const began = performance.now();
        await kube.create(KINDS.AgentRun, aRun(namespace, name), { fieldManager: 'bench' });
        times[which].push(performance.now() - began);
        await sleep(PAUSE_MS);
      });
    }
  }
  return times;
}

function aRun(namespace: string, name: string): KubeObject & Record<string, unknown> {
  const model = { provider: 'scripted', model: 'scripted', authSecretRef: '' };
  // Nothing works on a cancelled run, so that only the create is measured.
  const spec = {
    instanceRef: GOVERNED,
    agentId: 'primary',
    sessionKey: name,
    task: 'Count to three.',
    model,
    cancel: true,
  };
  return { apiVersion: API_VERSION, kind: 'AgentRun', metadata: { name, namespace }, spec };
}

async function review({ admission: { url } }: ControlPlane, agent: Agent, namespace: string): Promise<void> {
  const asked = { uid: 'u', operation: 'CREATE', namespace, object: aRun(namespace, 'asked'), oldObject: null };
  const body = JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request: asked });
  const answer = await new Promise<string>((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const sent = request(`${url}/validate-agent-pods`, { method: 'POST', agent, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve(text));
      response.on('error', reject);
    });
    sent.on('error', reject).end(body);
  });
  if (!answer.includes('"allowed":true')) throw new Error(`The run was not admitted: ${answer}`);
}

const figure = (name: string, value: number, from: string, limit?: number): Figure => ({
  scenario: 'admission',
  name,
  value,
  unit: 'ms',
  from,
  ...(limit !== undefined && { limit }),
});
