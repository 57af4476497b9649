import type { AgentRun } from '../../crds/agentrun.ts';
import { API_VERSION, KINDS } from '../../crds/group.ts';
import type { SympoziumInstance } from '../../crds/sympoziuminstance.ts';
import type { SympoziumSchedule } from '../../crds/sympoziumschedule.ts';
import { runSubject } from '../../shared/bus/subjects.ts';
import type { Reply } from '../../shared/delivery/reply.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { overMessage } from '../../shared/reconcile/function.ts';
import { reconcile } from '../../shared/reconcile/pass.ts';
import { createWorld, type World } from '../../test/property/world/world.ts';
import type { ScheduleRouteConfig } from './config.ts';
import { scheduleRouter } from './router.ts';
import { SHARED_SUBJECT } from './subject.ts';

const CONFIG: ScheduleRouteConfig = { sharedSubjects: false, maxSchedules: 3, minMinutes: 5 };
export const TIDY = { name: 'tidy', action: 'create', schedule: '0 9 * * 1', task: 'Tidy up.' };

/** A bus message with its place in the stream. */
interface Asked {
  subject: string;
  sequence: number;
  message: unknown;
}

export interface Scene {
  world: World;
  run: AgentRun & KubeObject;
  /** A request of the run, at the next place of the stream. */
  request(data: object): Asked;
  /** The same on the subject that all share, as pods of the original ask. */
  shared(data: object, metadata: Record<string, string>): Asked;
  deliver(asked: Asked, config?: Partial<ScheduleRouteConfig>): Promise<Reply>;
  /** Asks for the run, and gives what it is told; undefined when it is told nothing. */
  ask(data: object, config?: Partial<ScheduleRouteConfig>): Promise<{ ok: boolean; message: string } | undefined>;
  schedules(): SympoziumSchedule[];
}

export function addInstance({ store }: World, namespace: string, name: string): SympoziumInstance & KubeObject {
  const spec = { agents: { default: { model: 'small' } } };
  const object = { apiVersion: API_VERSION, kind: 'SympoziumInstance', metadata: { namespace, name }, spec };
  return store.create(KINDS.SympoziumInstance, object) as SympoziumInstance & KubeObject;
}

export function addRun(
  { store }: World,
  instance: SympoziumInstance,
  name: string,
  tools?: object,
): AgentRun & KubeObject {
  const { namespace = '' } = instance.metadata;
  const object = {
    apiVersion: API_VERSION,
    kind: 'AgentRun',
    metadata: { namespace, name },
    spec: { instanceRef: instance.metadata.name },
    status: { phase: 'Running', resolution: tools === undefined ? {} : { tools } },
  };
  return store.create(KINDS.AgentRun, object as unknown as KubeObject) as AgentRun & KubeObject;
}

/** An instance `team/inst` with a run at work, on a clock at 2026-01-02 03:04:05. */
export function aScene(world = createWorld()): Scene {
  return sceneOf(world, addRun(world, addInstance(world, 'team', 'inst'), 'run-1'));
}

export function sceneOf(world: World, run: AgentRun & KubeObject): Scene {
  let sequence = 0;
  const { namespace = '', name, uid = '' } = run.metadata;
  const subject = runSubject({ namespace, name, uid });
  const next = (on: string, metadata: object, data: object): Asked => {
    sequence += 1;
    return { subject: on, sequence, message: { topic: 'schedule.upsert', metadata, data } };
  };
  const deliver = (asked: Asked, config: Partial<ScheduleRouteConfig> = {}) =>
    reconcile(
      overMessage(scheduleRouter, asked),
      { namespace: '', name: asked.subject },
      { ...world, config: { ...CONFIG, ...config }, now: world.clock.now, report: () => {} },
      new AbortController().signal,
    );
  const scene: Scene = {
    world,
    run,
    request: (data) => next(`${subject}.schedule`, { agentRunID: name }, data),
    shared: (data, metadata) => next(SHARED_SUBJECT, metadata, data),
    deliver,
    async ask(data, config) {
      const before = world.bus.published().length;
      await deliver(scene.request({ id: 'q', ...data }), config);
      const answer = world.bus.published().slice(before).at(-1)?.payload as { data: never } | undefined;
      return answer?.data;
    },
    schedules: () => world.store.all(KINDS.SympoziumSchedule).map(({ object }) => object as SympoziumSchedule),
  };
  return scene;
}
