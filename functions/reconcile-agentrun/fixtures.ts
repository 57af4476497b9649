import type { AgentRun, AgentRunSpec } from '../../crds/agentrun.ts';
import type { AgentRunStatus } from '../../crds/agentrun-status.ts';
import { API_VERSION } from '../../crds/group.ts';
import { ANNOTATIONS, FINALIZERS } from '../../crds/labels.ts';
import type { SkillPack, SkillSidecar } from '../../crds/skillpack.ts';
import type { SympoziumInstance, SympoziumInstanceSpec } from '../../crds/sympoziuminstance.ts';
import type { ObjectMeta } from '../../shared/kube/objects.ts';
import type { Job } from '../../shared/pods/job.ts';
import type { ContainerStatus, Pod, TerminatedState } from '../../shared/pods/pod.ts';
import { loadRunConfig } from './config.ts';
import type { Executing, Starting } from './observed.ts';
import { jobFor } from './pod/job.ts';
import { buildOf } from './start/start.ts';

export const CONFIG = loadRunConfig({});
export const CREATED = '2026-01-02T03:04:05Z';
/** A moment so many seconds after the run and its Job were created. */
export const later = (seconds: number): Date => new Date(Date.parse(CREATED) + seconds * 1000);

interface RunParts {
  metadata?: Partial<ObjectMeta>;
  spec?: Partial<AgentRunSpec>;
  status?: AgentRunStatus;
}

export function anAgentRun({ metadata, spec, status }: RunParts = {}): AgentRun {
  return {
    apiVersion: API_VERSION,
    kind: 'AgentRun',
    metadata: {
      name: 'run-1',
      namespace: 'team',
      uid: 'uid-run',
      generation: 1,
      resourceVersion: '7',
      creationTimestamp: CREATED,
      finalizers: [FINALIZERS.agentRun],
      annotations: { [ANNOTATIONS.begun]: CREATED },
      ...metadata,
    },
    spec: {
      instanceRef: 'inst',
      agentId: 'primary',
      sessionKey: 's-1',
      task: 'Count the tickets.',
      cleanup: 'delete',
      mode: 'task',
      model: { provider: 'openai', model: 'small', authSecretRef: '' },
      ...spec,
    },
    ...(status !== undefined && { status }),
  };
}

export function anInstance(
  spec: Partial<SympoziumInstanceSpec> = {},
  labels: Record<string, string> = {},
): SympoziumInstance {
  return {
    apiVersion: API_VERSION,
    kind: 'SympoziumInstance',
    metadata: { name: 'inst', namespace: 'team', labels },
    spec: { agents: { default: { model: 'small' } }, ...spec },
  };
}

export function aPack(name: string, sidecar: Partial<SkillSidecar> = {}, namespace = 'team'): SkillPack {
  return {
    apiVersion: API_VERSION,
    kind: 'SkillPack',
    metadata: { name, namespace },
    spec: {
      skills: [{ name: 'how-to', content: 'Look first.' }],
      sidecar: { image: `registry.example/${name}:1`, mountWorkspace: true, ...sidecar },
    },
  };
}

export function aStarting(parts: Partial<Omit<Starting, 'stage'>> = {}): Starting {
  return {
    stage: 'starting',
    primary: anAgentRun(),
    job: undefined,
    sandboxesServed: false,
    instance: anInstance(),
    policy: undefined,
    secretFound: true,
    serviceAccountFound: true,
    packs: {},
    mcpServers: {},
    ...parts,
  };
}

/** The Job that a run gets, as the API server has stored it. */
export function aJob(starting: Starting = aStarting(), status?: Job['status']): Job {
  const build = buildOf(starting, CONFIG);
  if (build === undefined) throw new Error('A Job needs an instance');
  const job = jobFor(build);
  const metadata = { ...job.metadata, uid: 'uid-job', creationTimestamp: CREATED };
  return { ...job, metadata, ...(status !== undefined && { status }) };
}

export const endedJob = (type: 'Complete' | 'Failed', reason: string): Job =>
  aJob(aStarting(), { conditions: [{ type, status: 'True', reason }] });

export const RUNNING: AgentRunStatus = {
  phase: 'Running',
  jobName: 'run-1',
  podName: 'run-1-x1y2z',
  startedAt: CREATED,
  resolution: {
    skills: [],
    timeout: '600s',
    systemPrompt: '',
    model: { provider: 'openai', model: 'small', authSecretRef: '' },
  },
};

export function aPod(status: Pod['status'] = { phase: 'Running' }): Pod {
  const ownerReferences = [
    { apiVersion: 'batch/v1', kind: 'Job', name: 'run-1', uid: 'uid-job', controller: true, blockOwnerDeletion: true },
  ];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'run-1-x1y2z', namespace: 'team', creationTimestamp: CREATED, ownerReferences },
    spec: { containers: [{ name: 'agent' }, { name: 'ipc-bridge' }] },
    status,
  };
}

/** A pod whose agent has ended while the bridge runs on. */
export function anEndedAgent(terminated: TerminatedState, phase = 'Running'): Pod {
  const bridge: ContainerStatus = { name: 'ipc-bridge', state: { running: {} } };
  return aPod({ phase, containerStatuses: [{ name: 'agent', state: { terminated } }, bridge] });
}

export function anExecuting(parts: Partial<Omit<Executing, 'stage'>> = {}): Executing {
  return {
    stage: 'executing',
    primary: anAgentRun({ status: RUNNING }),
    job: aJob(),
    jobTaken: false,
    inputFound: true,
    hookJob: undefined,
    pod: aPod(),
    bus: { state: 'read' },
    log: { state: 'unread' },
    createFailures: [],
    memoryFound: false,
    ...parts,
  };
}
