import { describe, expect, it } from 'vitest';
import { DEFINITIONS } from '../../crds/definitions.ts';
import { KINDS, type Kind } from '../../crds/group.ts';
import type { PersonaPack } from '../../crds/personapack.ts';
import { loadPackConfig } from '../../functions/reconcile-personapack/config.ts';
import { packReconciler } from '../../functions/reconcile-personapack/reconciler.ts';
import { skillPackReconciler } from '../../functions/reconcile-skillpack/reconciler.ts';
import { policyReconciler } from '../../functions/reconcile-sympoziumpolicy/reconciler.ts';
import { scheduleReconciler } from '../../functions/reconcile-sympoziumschedule/reconciler.ts';
import { type Manifest, platformObjects } from '../../infra/local/content/apply.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { CONFIG_MAPS } from '../../shared/kube/resources.ts';
import { reconcile } from '../../shared/reconcile/pass.ts';
import type { Reconciler } from '../../shared/reconcile/reconciler.ts';
import { createWorld, type World } from '../property/world/world.ts';

const { content } = await platformObjects();
const named = (kind: Kind): string[] => content.flatMap((one) => (one.kind === kind ? [one.metadata.name] : [])).sort();
const of = (kind: Kind) => content.filter((one) => one.kind === kind).map((one) => [one.metadata.name, one] as const);
const packs = of('PersonaPack') as unknown as (readonly [string, PersonaPack])[];

type Conditioned = KubeObject & { status?: { phase?: string; conditions?: { message: string; status: string }[] } };

/** The object as the API server stores it. */
function put({ store }: World, object: Manifest | PersonaPack): Conditioned {
  const kind = object.kind as Kind;
  const spec = DEFINITIONS[kind].spec.parse((object as { spec: unknown }).spec);
  const stored: unknown = { ...object, spec };
  return store.create(KINDS[kind], stored as KubeObject);
}

/** What the reconciler makes of the object. */
async function settled<Observed extends { primary: KubeObject | undefined }, Config>(
  world: World,
  reconciler: Reconciler<Observed, Config>,
  config: Config,
  { metadata }: KubeObject,
): Promise<Conditioned> {
  const key = { namespace: metadata.namespace ?? '', name: metadata.name };
  const dependencies = { ...world, config, now: world.clock.now, report: () => {} };
  for (let pass = 0; pass < 5; pass += 1) await reconcile(reconciler, key, dependencies, new AbortController().signal);
  return world.store.get(reconciler.resource, key.namespace, key.name) as Conditioned;
}

const ready = { status: expect.objectContaining({ conditions: [expect.objectContaining({ status: 'True' })] }) };

/** Keys of `written` that `parsed` does not have, by path: what a schema does not know is dropped in silence. */
function dropped(written: unknown, parsed: unknown, path = ''): string[] {
  if (typeof written !== 'object' || written === null) return [];
  if (typeof parsed !== 'object' || parsed === null) return [path];
  return Object.entries(written).flatMap(([key, value]) =>
    key in parsed ? dropped(value, Reflect.get(parsed, key), `${path}/${key}`) : [`${path}/${key}`],
  );
}

describe('built-in content', () => {
  it('has what the original ships, by the same names', () => {
    expect(named('PersonaPack')).toEqual([
      'developer-team',
      'devops-essentials',
      'observability-mcp-team',
      'platform-team',
      'research-team',
    ]);
    expect(named('SkillPack')).toEqual(
      [
        'code-review',
        'github-gitops',
        'incident-response',
        'k8s-ops',
        'llmfit',
        'memory',
        'shell',
        'software-dev',
        'sre-observability',
        'web-endpoint',
      ].sort(),
    );
    expect(named('SympoziumPolicy')).toEqual(['network-isolated', 'permissive', 'restrictive']);
    expect(named('MCPServer')).toEqual(['github']);
  });

  it.each(content.map((one) => [`${one.kind} ${one.metadata.name}`, one] as const))(
    'has no field that its kind does not know: %s',
    (_name, object) => {
      const { spec } = object as { spec?: unknown };
      expect(dropped(spec, DEFINITIONS[object.kind as Kind].spec.parse(spec))).toEqual([]);
    },
  );

  it.each(of('SkillPack'))('comes to be Ready: SkillPack %s', async (_name, pack) => {
    const world = createWorld();
    expect(await settled(world, skillPackReconciler, {}, put(world, pack))).toMatchObject(ready);
    expect(world.store.all(CONFIG_MAPS)).toHaveLength(1);
  });

  it.each(of('SympoziumPolicy'))('comes to be Ready: SympoziumPolicy %s', async (_name, policy) => {
    const world = createWorld();
    expect(await settled(world, policyReconciler, {}, put(world, policy))).toMatchObject(ready);
  });
});

describe('a built-in persona pack', () => {
  it.each(packs)('is off until somebody wants it, and then installs everybody: %s', async (_name, pack) => {
    expect(pack.spec.enabled).toBeUndefined();
    const world = createWorld();
    const enabled = put(world, { ...pack, spec: { ...pack.spec, enabled: true } });
    const installed = await settled(world, packReconciler, loadPackConfig({}), enabled);
    expect(installed).toMatchObject({ status: { phase: 'Ready', installedCount: pack.spec.personas.length } });
    const schedules = world.store.all(KINDS.SympoziumSchedule).map(({ object }) => object);
    expect(schedules).toHaveLength(pack.spec.personas.length);
    for (const schedule of schedules) {
      const kept = await settled(world, scheduleReconciler, {}, schedule);
      expect(kept.status?.phase, schedule.metadata.name).toBe('Active');
    }
  });

  it.each(packs)('names only skills that are there: %s', (_name, { spec }) => {
    // A bridge to MCP servers is not a pack: it comes with the servers that an instance names.
    const known = [...named('SkillPack'), 'mcp-bridge'];
    expect(spec.personas.flatMap(({ skills = [] }) => skills.filter((skill) => !known.includes(skill)))).toEqual([]);
  });

  it.each(
    packs.flatMap(([name, { spec }]) => spec.personas.map((persona) => [`${name}/${persona.name}`, persona] as const)),
  )(
    'tells who the persona is, how it works, what it leaves alone and what its answer is: %s',
    (_name, { systemPrompt, memory, schedule }) => {
      const [role, how, limits, answer, ...rest] = systemPrompt.trim().split('\n\n');
      expect(role).toMatch(/^You /);
      expect(how).toMatch(/^How you work: /);
      expect(limits).toMatch(/^Limits: /);
      expect(answer).toMatch(/^Answer with /);
      expect(rest).toEqual([]);
      expect(memory?.seeds?.length).toBeGreaterThan(0);
      expect(schedule?.task.length).toBeGreaterThan(20);
    },
  );
});
