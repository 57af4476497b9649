import { KINDS } from '../../crds/group.ts';
import type { SympoziumSchedule } from '../../crds/sympoziumschedule.ts';
import { anInstance, aSchedule, KEY, setPhase } from '../../functions/reconcile-sympoziumschedule/fixtures.ts';
import type { Observed } from '../../functions/reconcile-sympoziumschedule/observed.ts';
import { scheduleReconciler } from '../../functions/reconcile-sympoziumschedule/reconciler.ts';
import { runNameOf } from '../../functions/reconcile-sympoziumschedule/run-name.ts';
import { isControlledBy, type KubeObject } from '../../shared/kube/objects.ts';
import type { World } from '../property/world/world.ts';
import type { Model } from './explore.ts';

export const INVARIANTS = {
  oneRun: 'never two runs for a tick',
  ownRun: 'a tick that counts as run has a run of the schedule',
} as const;

const START = Date.parse('2026-01-02T03:04:05Z');
/** Ticks come at 03:05, 03:10 and so on. */
const FIRST_TICK = Date.parse('2026-01-02T03:05:00Z');
const TICK = 300_000;
/** After the first tick, a little later, and after the second. */
const TIMES = [60, 61, 360];

const scheduleIn = ({ store }: World) =>
  store.get(KINDS.SympoziumSchedule, KEY.namespace, KEY.name) as SympoziumSchedule | undefined;
const ownRuns = (world: World, schedule: KubeObject | undefined) =>
  world.store.created('AgentRun').filter(({ object }) => schedule === undefined || isControlledBy(object, schedule));

export const scheduleModel: Model<Observed, object> = {
  name: 'schedule',
  reconciler: scheduleReconciler,
  config: {},
  key: KEY,
  disturbances: 4,
  populate: ({ store }) => {
    store.create(KINDS.SympoziumInstance, anInstance());
    store.create(KINDS.SympoziumSchedule, aSchedule());
  },
  moves: [
    {
      name: 'time passes',
      cost: 0,
      play: ({ clock }) => {
        const passed = (clock.now().getTime() - START) / 1000;
        const next = TIMES.find((time) => time > passed);
        if (next !== undefined) clock.advance(next - passed);
      },
    },
    {
      name: 'the runs end',
      cost: 0,
      play: (world) => {
        for (const { object } of world.store.all(KINDS.AgentRun)) setPhase(world, object.metadata.name, 'Succeeded');
      },
    },
    {
      name: 'somebody takes the name of the next run',
      cost: 1,
      play: (world) => {
        const schedule = scheduleIn(world);
        if (schedule === undefined) return;
        const name = runNameOf(schedule, new Date(FIRST_TICK));
        if (world.store.get(KINDS.AgentRun, KEY.namespace, name) !== undefined) return;
        const metadata = { name, namespace: KEY.namespace };
        world.store.create(KINDS.AgentRun, { apiVersion: 'v1', kind: 'AgentRun', metadata, spec: {} } as KubeObject);
      },
    },
    {
      name: 'the schedule is deleted',
      cost: 1,
      play: (world) => {
        const schedule = scheduleIn(world);
        if (schedule?.metadata.deletionTimestamp === undefined && schedule !== undefined) {
          world.store.remove(KINDS.SympoziumSchedule, schedule);
        }
      },
    },
  ],
  broken,
  fair: [
    () => undefined,
    ({ clock }) => clock.advance(600),
    (world) => {
      for (const { object } of world.store.all(KINDS.AgentRun)) setPhase(world, object.metadata.name, 'Succeeded');
    },
    ({ clock }) => clock.advance(60),
    () => undefined,
  ],
  // The last tick has its run and no other is under way; a schedule that was deleted is gone.
  ended: (world) => {
    const schedule = scheduleIn(world);
    if (schedule === undefined) return true;
    return (
      schedule.metadata.deletionTimestamp === undefined &&
      ownRuns(world, schedule).length > 0 &&
      schedule.status?.phase === 'Active'
    );
  },
};

function broken(world: World): string | undefined {
  const schedule = scheduleIn(world);
  const owned = schedule === undefined ? [] : ownRuns(world, schedule);
  const now = world.clock.now().getTime();
  const ticks = now < FIRST_TICK ? 0 : Math.floor((now - FIRST_TICK) / TICK) + 1;
  if (owned.length > ticks) return INVARIANTS.oneRun;
  return (schedule?.status?.totalRuns ?? 0) > owned.length ? INVARIANTS.ownRun : undefined;
}
