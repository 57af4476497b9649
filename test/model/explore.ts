import { createHash } from 'node:crypto';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { ActionRefused, execute } from '../../shared/reconcile/execute.ts';
import type { Action } from '../../shared/reconcile/plan.ts';
import type { ObjectKey, Reconciler } from '../../shared/reconcile/reconciler.ts';
import { createWorld, type World } from '../property/world/world.ts';

/** Something that happens besides passes. One that changes nothing is no step. */
export interface Move {
  name: string;
  /** What it costs while no pass is at work: nothing for what is bound to happen, one for a mishap. */
  cost: 0 | 1;
  /** Takes longer than any pass lives, so it meets none. */
  slow?: true;
  play(world: World): void;
}

/** A reconciler, the world that it is checked in, and what must hold there. */
export interface Model<Observed extends { primary: KubeObject | undefined }, Config> {
  name: string;
  reconciler: Reconciler<Observed, Config>;
  config: Config;
  key: ObjectKey;
  /** How many disturbances one history may have. */
  disturbances: number;
  populate(world: World): void;
  moves: readonly Move[];
  /** The invariant that the step from `before` broke, if any. */
  broken(world: World, before: KubeObject | undefined): string | undefined;
  /** What is bound to happen, one after another, with a whole pass after each. */
  fair: readonly ((world: World) => void)[];
  /** Whether a world that had its fair continuation has ended well. */
  ended(world: World): boolean;
}

export interface Explored {
  states: number;
  steps: number;
  violation?: { invariant: string; trace: readonly string[] };
}

export const LIVENESS = 'every state has a fair continuation that ends well';

/** A pass between its reads and its last write: what is still to be written, from what it read. */
interface Flight<Observed> {
  observed: Observed;
  now: Date;
  primary: KubeObject;
  rest: readonly Action[];
}

interface State<Observed> {
  key: string;
  restore: () => void;
  flights: readonly Flight<Observed>[];
  trace: Trace | undefined;
}

interface Trace {
  step: string;
  before: Trace | undefined;
}

interface Step<Observed> {
  name: string;
  cost: 0 | 1;
  take(): Promise<readonly Flight<Observed>[]>;
}

/** Two show every race of two; the relay lets no more than one live, but a pass that was given up may go on. */
const MAX_FLIGHTS = 2;

/**
 * Breadth-first over disturbances: first all that can happen without any, then with one, and so on, so that a counterexample has as
 * few as can be. Within each, every order of every step. A state is known by a hash of all that it holds.
 */
export async function explore<Observed extends { primary: KubeObject | undefined }, Config>(
  model: Model<Observed, Config>,
): Promise<Explored> {
  const world = createWorld();
  model.populate(world);
  const passes = passesOf(model, world);
  const isLive = livenessOf(model, world, passes);
  const seen = new Set<string>();
  let steps = 0;

  /** The states that follow, by what their step costs, or the invariant that a step broke. */
  async function expand(state: State<Observed>): Promise<Followers<Observed>> {
    const next: Followers<Observed> = { free: [], costly: [] };
    state.restore();
    const before = primaryOf(model, world);
    for (const step of stepsFrom(model, world, passes, state.flights)) {
      state.restore();
      const flights = await step.take();
      world.collect();
      steps += 1;
      const trace: Trace = { step: step.name, before: state.trace };
      const invariant = model.broken(world, before);
      if (invariant !== undefined) return { ...next, violation: { invariant, trace: told(trace) } };
      const key = keyOf(world, flights);
      if (seen.has(key)) continue;
      next[step.cost === 0 ? 'free' : 'costly'].push({ key, restore: world.save(), flights, trace });
    }
    return next;
  }

  async function visit(state: State<Observed>): Promise<Followers<Observed>> {
    seen.add(state.key);
    state.restore();
    if (await isLive()) return expand(state);
    return { free: [], costly: [], violation: { invariant: LIVENESS, trace: told(state.trace) } };
  }

  let layer: State<Observed>[] = [{ key: keyOf(world, []), restore: world.save(), flights: [], trace: undefined }];
  for (let spent = 0; spent <= model.disturbances; spent += 1) {
    const later: State<Observed>[] = [];
    for (let state = layer.shift(); state !== undefined; state = layer.shift()) {
      if (seen.has(state.key)) continue;
      const { free, costly, violation } = await visit(state);
      if (violation !== undefined) return { states: seen.size, steps, violation };
      layer.push(...free);
      if (spent < model.disturbances) later.push(...costly);
    }
    layer = later;
  }
  return { states: seen.size, steps };
}

interface Followers<Observed> {
  free: State<Observed>[];
  costly: State<Observed>[];
  violation?: NonNullable<Explored['violation']>;
}

function passesOf<Observed extends { primary: KubeObject | undefined }, Config>(
  { reconciler, config, key }: Model<Observed, Config>,
  world: World,
) {
  const { signal } = new AbortController();
  const { kube, bus, clock } = world;
  const { resource, fieldManager } = reconciler;

  /** Reads and plans; undefined when there is nothing to write. */
  async function begin(): Promise<Flight<Observed> | undefined> {
    const now = clock.now();
    const observed = await reconciler.observe(key, { kube, bus, now, signal }, config);
    const { actions } = reconciler.plan(observed, now, config);
    const { primary } = observed;
    return primary === undefined || actions.length === 0 ? undefined : { observed, now, primary, rest: actions };
  }

  /** The next write; undefined when it was the last, or failed, which ends the pass. */
  async function write({ observed, now, primary, rest }: Flight<Observed>): Promise<Flight<Observed> | undefined> {
    try {
      const written = await execute(rest.slice(0, 1), { kube, bus, resource, fieldManager, primary, signal });
      return rest.length === 1 ? undefined : { observed, now, primary: written, rest: rest.slice(1) };
    } catch (thrown) {
      if (!(thrown instanceof ActionRefused)) return undefined;
      const { actions = [] } = reconciler.planRefused?.(observed, thrown.refusal, now, config) ?? {};
      return actions.length === 0 ? undefined : { observed, now, primary: thrown.primary, rest: actions };
    }
  }

  async function whole(): Promise<void> {
    for (let flight = await begin(); flight !== undefined; ) flight = await write(flight);
    world.collect();
  }
  return { begin, write, whole };
}

/** All that can happen next. A move beside a pass at work, a second pass and a crash are disturbances. */
function stepsFrom<Observed extends { primary: KubeObject | undefined }, Config>(
  { moves }: Model<Observed, Config>,
  world: World,
  passes: ReturnType<typeof passesOf<Observed, Config>>,
  flights: readonly Flight<Observed>[],
): Step<Observed>[] {
  const busy = flights.length > 0;
  const besides = (index: number) => flights.filter((_, other) => other !== index);
  const label = (index: number) => (flights.length > 1 ? `pass ${index + 1}` : 'the pass');
  return [
    ...moves
      .filter(({ slow }) => !busy || slow !== true)
      .map(
        ({ name, cost, play }): Step<Observed> => ({
          name,
          cost: busy ? 1 : cost,
          take: async () => {
            play(world);
            return flights;
          },
        }),
      ),
    ...flights.flatMap((flight, index): Step<Observed>[] => [
      {
        name: `${label(index)} writes: ${flight.rest.slice(0, 1).map(describe).join()}`,
        cost: 0,
        take: async () => {
          const next = await passes.write(flight);
          return flights.flatMap((one, other) => (other !== index ? [one] : next === undefined ? [] : [next]));
        },
      },
      { name: `${label(index)} is killed`, cost: 1, take: async () => besides(index) },
    ]),
    ...(flights.length < MAX_FLIGHTS
      ? [
          {
            name: busy ? 'a second pass reads' : 'a pass reads',
            cost: busy ? (1 as const) : (0 as const),
            take: async () => {
              const flight = await passes.begin();
              return flight === undefined ? flights : [...flights, flight];
            },
          },
        ]
      : []),
  ];
}

/** Whether the world as it is, all its passes killed, comes to a good end by what is bound to happen. Leaves the world anywhere. */
function livenessOf<Observed extends { primary: KubeObject | undefined }, Config>(
  { fair, ended }: Model<Observed, Config>,
  world: World,
  { whole }: ReturnType<typeof passesOf<Observed, Config>>,
) {
  const known = new Map<string, boolean>();
  return async (): Promise<boolean> => {
    const way: string[] = [];
    let good: boolean | undefined;
    for (let step = 0; step <= fair.length && good === undefined; step += 1) {
      const key = `${step} ${keyOf(world, [])}`;
      good = known.get(key);
      if (good !== undefined) break;
      way.push(key);
      const next = fair[step];
      if (next === undefined) good = ended(world);
      else {
        next(world);
        await whole();
      }
    }
    for (const key of way) known.set(key, good ?? false);
    return good ?? false;
  };
}

function primaryOf<Observed extends { primary: KubeObject | undefined }, Config>(
  { reconciler, key }: Model<Observed, Config>,
  { store }: World,
): KubeObject | undefined {
  return store.get(reconciler.resource, key.namespace, key.name);
}

function told(trace: Trace | undefined): string[] {
  const steps: string[] = [];
  for (let at = trace; at !== undefined; at = at.before) steps.unshift(at.step);
  return steps;
}

function describe(action: Action): string {
  switch (action.verb) {
    case 'apply':
    case 'create':
    case 'replace':
      return `${action.verb} ${action.resource.kind} ${action.object.metadata.name}`;
    case 'delete':
    case 'patch':
      return `${action.verb} ${action.target.resource.kind} ${action.target.name}`;
    case 'applyStatus':
      return `status ${(action.status as { phase?: string }).phase ?? ''}`;
    case 'publish':
      return `publish ${action.message.subject}`;
    default:
      return action.verb;
  }
}

/** What two states must share to be one. Of versions it counts only whether a pass at work has read the last. */
function keyOf<Observed>(world: World, flights: readonly Flight<Observed>[]): string {
  const hash = createHash('sha1');
  const { store, bus, clock } = world;
  for (const text of store
    .all()
    .map(({ object }) => textOf(object))
    .sort())
    hash.update(text);
  hash.update(String(clock.now().getTime()));
  for (const message of bus.attempts()) hash.update(textOf(message));
  hash.update(String(store.created('Job').length)).update(String(store.created('AgentRun').length));
  for (const pass of flights.map((flight) => flightText(store, flight)).sort()) hash.update(pass);
  return hash.digest('base64');
}

function flightText<Observed>(store: World['store'], { primary, rest, now }: Flight<Observed>): string {
  const { uid, resourceVersion } = primary.metadata;
  const fresh = store
    .all()
    .some(({ object }) => object.metadata.uid === uid && object.metadata.resourceVersion === resourceVersion);
  return `${fresh} ${now.getTime()} ${rest.map(textOf).join()}`;
}

const texts = new WeakMap<object, string>();

function textOf(value: object): string {
  let text = texts.get(value);
  if (text === undefined) {
    text = JSON.stringify(value, (name, member) => (name === 'resourceVersion' ? undefined : member));
    texts.set(value, text);
  }
  return text;
}
