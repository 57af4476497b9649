import type { KubeObject } from '../../shared/kube/objects.ts';
import type { Case } from './agentrun-golden.ts';
import { type Fate, keyOf } from './instance-play.ts';

type Json = Record<string, unknown>;
type Whole = KubeObject & { spec?: unknown; data?: unknown; status?: unknown };

/** What the reconcilers of standing kinds make; the rest of a case is of other functions. */
const MADE =
  /^(SympoziumInstance|SympoziumSchedule|ConfigMap|Deployment|PersistentVolumeClaim|Service|NetworkPolicy|AgentRun|Gateway|GatewayClass) /;
/** Whose statuses they write. */
const GIVEN = /^(SympoziumInstance|PersonaPack|SkillPack|SympoziumPolicy|SympoziumConfig|MCPServer) /;
const OF_RUNS = /(-input|-server)$|\/|^AgentRun (?!.*-web-endpoint$)/;
const isMade = (key: string): boolean => MADE.test(key) && !OF_RUNS.test(key);

/** What an object without any phase has gone through. */
const NO_PHASES = ['(none)'];

/** As the original made it, in the corpus's notation. */
export function expectedStanding({ output }: Case): Json {
  const created = Object.entries(output.created ?? {}).filter(([key]) => isMade(key));
  const inputs = Object.entries(output.inputs ?? {}).filter(([key]) => GIVEN.test(key));
  return {
    created: Object.fromEntries(
      created.map(([key, { object, deleted = false, ...rest }]) => [
        key,
        { deleted, object: shown(object), ...phasesOf(key, (rest as { phases?: string[] }).phases) },
      ]),
    ),
    inputs: Object.fromEntries(
      inputs.map(([key, { phases, deleted = false, now }]) => [
        key,
        { phases: phases ?? NO_PHASES, deleted, status: now?.status },
      ]),
    ),
  };
}

/** The same of what ours made. */
export function actualStanding(fates: ReadonlyMap<string, Fate>, { input, steps }: Case): Json {
  const applied = steps.flatMap((step) => ('apply' in step ? step.apply : []));
  const given = new Set([...input.map(keyOf), ...applied.map(keyOf)]);
  const all = [...fates];
  const created = all.filter(([key]) => isMade(key) && !given.has(key));
  const inputs = all.filter(([key]) => given.has(key) && GIVEN.test(key));
  const form = {
    created: Object.fromEntries(
      created.map(([key, { object, deleted, phases }]) => [
        key,
        { deleted, object: shown(object), ...phasesOf(key, phases) },
      ]),
    ),
    inputs: Object.fromEntries(
      inputs.map(([key, { phases, deleted, object }]) => [key, { phases, deleted, status: object.status }]),
    ),
  };
  const text = JSON.stringify(form)
    .replaceAll('"golden"', '"<ns>"')
    .replaceAll('.golden.svc:', '.<ns>.svc:')
    .replaceAll(/"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"/g, '"<time>"');
  return JSON.parse(text) as Json;
}

/** The phases of schedules and runs are other functions' to write. */
const phasesOf = (key: string, phases: string[] | undefined) =>
  key.startsWith('SympoziumInstance ') ? { phases } : {};

/** Without what the API server fills in, what other functions write, and the UIDs of owners. */
function shown(whole: KubeObject): Json {
  const { apiVersion, kind, metadata, spec, data, status } = whole as Whole;
  const { name, namespace, labels, annotations, ownerReferences } = metadata;
  const own = ownerReferences?.map(({ uid: _, ...owner }) => owner);
  const isInstance = kind === 'SympoziumInstance';
  const object = {
    apiVersion,
    kind,
    metadata: { name, namespace, labels, annotations, ownerReferences: own },
    spec: kind === 'Deployment' ? withoutDefaults(spec as Json) : spec,
    data,
    ...(isInstance && { status, finalizers: metadata.finalizers }),
  };
  // Typed clients write what they leave out as null.
  return JSON.parse(JSON.stringify(object), (_, value) => (value === null ? undefined : value)) as Json;
}

const DEFAULTS = new Set(['dnsPolicy', 'restartPolicy', 'securityContext', 'resources']);

function withoutDefaults(spec: Json): Json {
  const kept = JSON.parse(JSON.stringify(spec), (key, value) => (DEFAULTS.has(key) ? undefined : value)) as Json;
  if ((kept['strategy'] as { type?: string } | undefined)?.type === 'RollingUpdate') delete kept['strategy'];
  return kept;
}
