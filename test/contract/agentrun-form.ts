import type { KubeObject } from '../../shared/kube/objects.ts';
import type { Case, Output } from './agentrun-golden.ts';
import { NAMESPACE, type Played } from './agentrun-play.ts';

/** What is compared, in the corpus's own notation: objects of runs, the runs' ends, and the messages. */
export interface Form {
  created: Record<string, unknown>;
  runs: Record<string, unknown>;
  messages: unknown[];
}

export function expectedForm({ output }: Case): Form {
  const created = Object.entries(output.created ?? {}).filter(([, { object }]) => isOfRun(object));
  const runs = Object.entries(output.inputs ?? {}).filter(([key]) => key.startsWith('AgentRun '));
  return {
    created: Object.fromEntries(created.map(([key, one]) => [key, { ...one, object: one.object }])),
    runs: Object.fromEntries(
      runs.map(([key, { phases, deleted, now }]) => [key, { phases, deleted, status: now?.status }]),
    ),
    messages: output.messages,
  };
}

/** The corpus also shows what other controllers made: instances of packs, and objects in the system's namespace. */
const isOfRun = ({ kind, metadata }: KubeObject): boolean =>
  kind !== 'SympoziumInstance' && (metadata.namespace === '<ns>' || metadata.namespace === undefined);

export function actualForm({ world, phases }: Played, { output, input }: Case): Form {
  const { store, bus } = world;
  const inputs = new Set([...input.map(({ kind, metadata }) => `${kind} ${metadata.name}`)]);
  const kinds = [
    'ConfigMap',
    'PersistentVolumeClaim',
    'Job',
    'ServiceAccount',
    'Role',
    'RoleBinding',
    'ClusterRole',
    'ClusterRoleBinding',
    'Deployment',
    'Service',
    'Secret',
    'Sandbox',
  ];
  const born = kinds
    .flatMap((kind) => store.created(kind))
    .filter(({ object }) => !inputs.has(`${object.kind} ${object.metadata.name}`));
  const alive = new Map(store.all().map(({ object }) => [object.metadata.uid, object]));
  const created = born.map(({ uid, object }) => {
    const now = alive.get(uid);
    const deletion = deletionOf(world, object, now);
    return [
      `${object.kind} ${object.metadata.name}`,
      { object: shown(now ?? object), ...(deletion && { ...deletion }) },
    ];
  });
  return placeholders({
    created: Object.fromEntries(created),
    runs: Object.fromEntries(runsOf(output, phases, store)),
    // That a slot is free is told by the control plane to itself.
    messages: bus
      .published()
      .filter(({ subject }) => !subject.endsWith('.slot'))
      .map(({ subject, payload }) => ({ subject, envelope: payload })),
  });
}

function deletionOf({ interrupt }: Played['world'], { kind, metadata }: KubeObject, now: KubeObject | undefined) {
  if (now !== undefined) return undefined;
  // A claim stays until the finished pods that used it have gone.
  if (kind === 'PersistentVolumeClaim') return { deleted: 'requested' };
  const write = interrupt.writes().find((one) => one.startsWith(`delete ${kind} ${metadata.name} `));
  const propagation = kind === 'Job' ? write?.split(' ').at(-1)?.toLowerCase() : undefined;
  return { deleted: true, ...(propagation !== undefined && { deletion: propagation }) };
}

function runsOf(output: Output, phases: Played['phases'], store: Played['world']['store']) {
  return store.created('AgentRun').map(({ uid, object }) => {
    const { name } = object.metadata;
    const now = store.all().find((one) => one.object.metadata.uid === uid)?.object as
      | (KubeObject & { status?: object })
      | undefined;
    const last = now?.status ?? output.inputs?.[`AgentRun ${name}`]?.now?.status;
    return [
      `AgentRun ${name}`,
      { phases: phases.get(name), ...(now === undefined && { deleted: true }), status: last },
    ] as const;
  });
}

/** As the corpus shows an object: without what the API server adds, and without status. */
function shown(object: KubeObject): unknown {
  const { name, namespace, labels, annotations, ownerReferences, finalizers } = object.metadata;
  const { status: _, ...rest } = object as KubeObject & { status?: unknown; data?: Record<string, string> };
  const owners = ownerReferences?.map(({ uid: __, ...owner }) => owner);
  const metadata = { name, namespace, labels, annotations, finalizers, ownerReferences: owners };
  return defaulted({ ...rest, metadata, ...decoded(rest) });
}

/** The corpus shows what is in a Secret, but for what is drawn by lot. */
function decoded({ kind, data }: { kind: string; data?: Record<string, string> }): object {
  if (kind !== 'Secret') return {};
  const texts = Object.entries(data ?? {}).map(([key, value]) => {
    const text = Buffer.from(value, 'base64').toString('utf8');
    return [key, /^sk-[0-9a-f]{48}$/.test(text) ? '<random-key sk-48hex>' : text];
  });
  return { data: undefined, decodedData: Object.fromEntries(texts) };
}

/** Defaults that an API server puts into volumes and Deployments; empty lists it leaves out. */
function defaulted(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (key, member) => {
    if (key === 'volumes') return member.map(volumeDefaults);
    if (key === 'volumeMounts' && member.length === 0) return undefined;
    if (/^(liveness|readiness)Probe$/.test(key)) return { ...PROBE, ...member };
    if (member?.kind === 'Deployment') return deploymentDefaults(member);
    return member;
  });
}

const PROBE = { failureThreshold: 3, successThreshold: 1, timeoutSeconds: 1 };

function deploymentDefaults(deployment: { spec: { template: { spec: object } } }): unknown {
  const { spec } = deployment;
  const template = { ...spec.template, spec: { dnsPolicy: 'ClusterFirst', ...spec.template.spec } };
  const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } };
  return { ...deployment, spec: { strategy, ...spec, template } };
}

function volumeDefaults(volume: Record<string, object>): unknown {
  return Object.fromEntries(
    Object.entries(volume).map(([key, source]) => {
      if (['projected', 'secret', 'configMap'].includes(key)) return [key, { defaultMode: 420, ...source }];
      return [key, key === 'hostPath' ? { type: '', ...source } : source];
    }),
  );
}

function placeholders(form: Form): Form {
  const text = JSON.stringify(form)
    .replaceAll(/"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"/g, '"<time>"')
    .replaceAll(/"traceID":"[0-9a-f]{32}"/g, '"traceID":"<trace-id>"')
    .replaceAll(/-x1y2z"/g, '-<pod>"')
    .replaceAll(`"${NAMESPACE}"`, '"<ns>"')
    .replaceAll(`=${NAMESPACE},`, '=<ns>,')
    .replaceAll(`-${NAMESPACE}-`, '-<ns>-')
    .replaceAll(`.${NAMESPACE}.`, '.<ns>.');
  return JSON.parse(text) as Form;
}
