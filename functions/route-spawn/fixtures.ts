import type { AgentRun } from '../../crds/agentrun.ts';
import { API_VERSION, KINDS } from '../../crds/group.ts';
import type { PersonaPackSpec } from '../../crds/personapack.ts';
import { runSubject } from '../../shared/bus/subjects.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { overMessage, type RoutedMessage } from '../../shared/reconcile/function.ts';
import { reconcile } from '../../shared/reconcile/pass.ts';
import { createWorld, type World } from '../../test/property/world/world.ts';
import { spawnRouter } from './router.ts';

const NAMESPACE = 'team';
export const LEAD = 'research-team-lead';
export const WRITER = 'research-team-writer';

export const RESOLVED = {
  skills: [],
  timeout: '10m',
  systemPrompt: '',
  model: { provider: 'openai', model: 'chosen', authSecretRef: 'k' },
};

export interface Setting {
  relationships?: PersonaPackSpec['relationships'];
  run?: object;
  status?: object;
}

/** A pack of two personas, and a run of its lead that asks for others. */
export function aTeam({ relationships, run, status }: Setting = {}) {
  const world = createWorld();
  const put = (kind: keyof typeof KINDS, name: string, rest: object, labels: Record<string, string> = {}) =>
    world.store.create(KINDS[kind], {
      apiVersion: API_VERSION,
      kind,
      metadata: { name, namespace: NAMESPACE, labels },
      ...rest,
    } as KubeObject);
  const persona = (name: string, model: string) =>
    put(
      'SympoziumInstance',
      name,
      {
        spec: {
          agents: {
            default: { model, lifecycle: { postRun: [{ name: 'tidy', image: 'tidy:1' }], gateDefault: 'block' } },
          },
          authRefs: [{ provider: 'anthropic', secret: `${name}-key` }],
          skills: [{ skillPackRef: 'search' }],
        },
      },
      { 'sympozium.ai/persona-pack': 'research-team' },
    );
  persona(LEAD, 'large');
  persona(WRITER, 'small');
  put('PersonaPack', 'research-team', {
    spec: { personas: [], ...(relationships && { relationships }) },
    status: {
      installedPersonas: [
        { name: 'lead', instanceName: LEAD },
        { name: 'writer', instanceName: WRITER },
      ],
    },
  });
  const asker = put('AgentRun', 'ask.1', {
    spec: {
      instanceRef: LEAD,
      agentId: 'primary',
      sessionKey: 's',
      task: 'Lead.',
      cleanup: 'delete',
      mode: 'task',
      model: { provider: 'openai', model: 'chosen', authSecretRef: 'k' },
      ...run,
    },
    status: { phase: 'Running', resolution: RESOLVED, ...status },
  }) as AgentRun;
  return { world, asker };
}

export const idOf = ({ metadata }: AgentRun) => ({
  namespace: NAMESPACE,
  name: metadata.name,
  uid: metadata.uid ?? '',
});
export function request(asker: AgentRun, data: unknown): RoutedMessage {
  return {
    subject: `${runSubject(idOf(asker))}.spawn`,
    // Who asks is told by the subject alone.
    sequence: 7,
    message: {
      topic: 'agent.spawn.request',
      timestamp: '2026-01-02T03:04:05Z',
      metadata: { agentRunID: 'forged' },
      data,
    },
  };
}

export function deliver(world: World, message: RoutedMessage, kube: Partial<World['kube']> = {}) {
  const dependencies = {
    ...world,
    kube: { ...world.kube, ...kube },
    config: {},
    now: world.clock.now,
    report: () => {},
  };
  const key = { namespace: '', name: message.subject };
  return reconcile(overMessage(spawnRouter, message), key, dependencies, new AbortController().signal);
}
export const childrenIn = ({ store }: World): AgentRun[] =>
  store.all(KINDS.AgentRun).flatMap(({ object }) => ((object as AgentRun).spec.parent ? [object as AgentRun] : []));
export const repliesIn = ({ bus }: World) => bus.published().map(({ payload }) => (payload as { data: object }).data);
