import type { AgentRun } from '../../crds/agentrun.ts';
import { API_VERSION, KINDS } from '../../crds/group.ts';
import { LABELS } from '../../crds/labels.ts';
import type { SympoziumInstance } from '../../crds/sympoziuminstance.ts';
import type { SympoziumSchedule } from '../../crds/sympoziumschedule.ts';
import { controllerReference, type KubeObject } from '../../shared/kube/objects.ts';
import { type PassReport, reconcile } from '../../shared/reconcile/pass.ts';
import { createWorld, type World } from '../../test/property/world/world.ts';
import { scheduleReconciler } from './reconciler.ts';

export const KEY = { namespace: 'team', name: 'digest' };

/** A schedule of one world, whose clock starts at 03:04:05, with what tests look at and do. */
export interface Scene {
  world: World;
  /** One pass; its report. */
  pass(): Promise<PassReport>;
  /** Lets so many seconds pass, then has a pass. */
  after(seconds: number): Promise<PassReport>;
  schedule(): SympoziumSchedule;
  /** Runs, in the order of their creation. */
  runs(): AgentRun[];
  /** Changes the spec, as a person would. */
  change(spec: Partial<SympoziumSchedule['spec']>): void;
  setStatus(status: Partial<SympoziumSchedule['status']>): void;
  /** The phase of a run; one that has ended is marked, too. */
  setPhase(name: string, phase: string): void;
}

export function anInstance(spec: Partial<SympoziumInstance['spec']> = {}): SympoziumInstance & KubeObject {
  return {
    apiVersion: API_VERSION,
    kind: 'SympoziumInstance',
    metadata: { name: 'inst', namespace: KEY.namespace },
    spec: { agents: { default: { model: 'small' } }, ...spec },
  };
}

export function aSchedule(spec: Partial<SympoziumSchedule['spec']> = {}): SympoziumSchedule & KubeObject {
  return {
    apiVersion: API_VERSION,
    kind: 'SympoziumSchedule',
    metadata: { ...KEY },
    spec: {
      instanceRef: 'inst',
      schedule: '*/5 * * * *',
      task: 'Sum up.',
      type: 'scheduled',
      concurrencyPolicy: 'Forbid',
      includeMemory: true,
      ...spec,
    },
  };
}

/** A schedule each five minutes unless told, with its instance unless told; not looked at yet. */
export function aScene(spec: Partial<SympoziumSchedule['spec']> = {}, { instance = anInstance() } = {}): Scene {
  const world = createWorld();
  world.store.create(KINDS.SympoziumInstance, instance);
  world.store.create(KINDS.SympoziumSchedule, aSchedule(spec));
  return sceneOf(world);
}

export function sceneOf(world: World): Scene {
  const { store, clock } = world;
  const found = () => store.get(KINDS.SympoziumSchedule, KEY.namespace, KEY.name) as SympoziumSchedule & KubeObject;
  const pass = async () => {
    const reports: PassReport[] = [];
    const dependencies = { ...world, config: {}, now: clock.now, report: (one: PassReport) => void reports.push(one) };
    await reconcile(scheduleReconciler, KEY, dependencies, new AbortController().signal);
    const [report] = reports;
    if (report === undefined) throw new Error('A pass told nothing');
    return report;
  };
  return {
    world,
    pass,
    async after(seconds) {
      clock.advance(seconds);
      return pass();
    },
    schedule: found,
    runs: () => store.all(KINDS.AgentRun).map(({ object }) => object as AgentRun),
    change: (spec) => {
      const current = found();
      const next: SympoziumSchedule & KubeObject = { ...current, spec: { ...current.spec, ...spec } };
      store.update(KINDS.SympoziumSchedule, current, next);
    },
    setStatus: (status) => {
      const current = found();
      const next: SympoziumSchedule & KubeObject = { ...current, status: { ...current.status, ...status } };
      store.update(KINDS.SympoziumSchedule, current, next);
    },
    setPhase: (name, phase) => setPhase(world, name, phase),
  };
}

export function setPhase({ store }: World, name: string, phase: string): void {
  const run = store.get(KINDS.AgentRun, KEY.namespace, name);
  if (run === undefined) return;
  const ended = phase === 'Succeeded' || phase === 'Failed';
  const labels = { ...run.metadata.labels, ...(ended && { [LABELS.finished]: 'true' }) };
  const next = { ...run, metadata: { ...run.metadata, labels }, status: { phase } };
  store.update(KINDS.AgentRun, run, next as KubeObject);
}

/** A run of the schedule that another control plane made. */
export function addRun({ store }: World, name: string, phase: string, owner: KubeObject): void {
  const labels = { [LABELS.schedule]: KEY.name, [LABELS.instance]: 'inst' };
  const metadata = { name, namespace: KEY.namespace, labels, ownerReferences: [controllerReference(owner)] };
  const run = { apiVersion: API_VERSION, kind: 'AgentRun', metadata, spec: {}, status: { phase } };
  store.create(KINDS.AgentRun, run as unknown as KubeObject);
}
