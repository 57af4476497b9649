import type { AgentRun } from '../../../crds/agentrun.ts';
import type { Resolution } from '../../../crds/agentrun-status.ts';
import { RUN_REASONS } from '../../../crds/conditions.ts';
import { LABELS } from '../../../crds/labels.ts';
import type { SympoziumInstance } from '../../../crds/sympoziuminstance.ts';
import type { SympoziumPolicy } from '../../../crds/sympoziumpolicy.ts';
import { bytesOf } from '../../../shared/bytes.ts';
import { given } from '../../../shared/given.ts';
import { policiesOf } from '../../../shared/policy/floor.ts';
import { type PodRules, strictest } from '../../../shared/policy/strictest.ts';
import { toolAccess } from '../../../shared/policy/tool-access.ts';
import { goDuration, parseGoDuration } from '../../../shared/runs/go-duration.ts';
import type { RunConfig } from '../config.ts';
import { type Failure, failure } from '../failure.ts';
import { CONFIG_MAP_MAX, ENV_VALUE_MAX, RESOLUTION_MAX } from '../limits.ts';
import type { Resolving } from '../observed.ts';
import { inputSize } from '../pod/input-config-map.ts';
import { sharedAccess } from '../pod/memory-env.ts';
import { isServer } from '../pod/run-build.ts';
import { agentSandboxOf } from '../pod/sandbox.ts';
import { limitsOf, limitsOn } from '../queue/queue.ts';
import { ownsSkills, skillsOf } from '../skills/skills.ts';
import { decisions, firstOf, named, THE_RUN } from './decisions.ts';
import { depthOf } from './lineage.ts';

/** Providers on own hardware (AgentRun spec, 2.6). */
const LOCAL_PROVIDERS = new Set(['ollama', 'lm-studio', 'llama-server', 'unsloth', 'vllm', 'llamacpp', 'local']);

/** What the run inherits and what it is bound by, decided once; later passes read it from Job and status [RUN-W06] [RUN-W43]. */
export function resolve(
  run: AgentRun,
  instance: SympoziumInstance,
  seen: Pick<Resolving, 'policy' | 'floor' | 'personaPack' | 'parent'>,
  config: RunConfig,
): Resolution {
  const { spec } = run;
  const { policy, floor, personaPack: pack, parent } = seen;
  const policies = policiesOf(seen);
  const rules = strictest(policies);
  const theInstance = named('SympoziumInstance', instance);
  const skills = skillsOf(run, instance);
  const timeout = timeoutOf(run, instance, config);
  // Personas keep their prompt in the instance; most creators of runs set none [RUN-W56].
  const systemPrompt = firstOf([THE_RUN, spec.systemPrompt], [theInstance, instance.spec.memory?.systemPrompt]);
  const tools = toolsOf(run, instance, policies, rules);
  const sandbox = agentSandboxOf(run, instance, policies);
  const memory = sharedAccess(instance, pack);
  return {
    skills,
    timeout: timeout.value,
    systemPrompt: systemPrompt?.value ?? '',
    model: spec.model,
    ...given({
      agentSandbox: sandbox,
      lifecycle: isServer(run) ? undefined : spec.lifecycle,
      imagePullSecrets: spec.imagePullSecrets,
      personaPack: instance.metadata.labels?.[LABELS.personaPack] || undefined,
      depth: depthOf(run, parent),
      sharedMemory: memory,
      tools: tools?.value,
      limits: filled(limitsOn(run, limitsOf(instance, policies))),
    }),
    ...given({ policy: policy && policyOf(policy), floor: floor?.policy && policyOf(floor.policy) }),
    ...boundsOf(rules),
    decisions: decisions({
      skills: filled(skills) && { from: ownsSkills(run) ? THE_RUN : theInstance },
      timeout,
      systemPrompt,
      agentSandbox: sandbox && { from: spec.agentSandbox === undefined ? theInstance : THE_RUN },
      tools,
      sharedMemory: memory && pack && { from: named('PersonaPack', pack) },
      ...policyDecisions(policies),
    }),
  };
}

const filled = <T>(list: T[]): T[] | undefined => (list.length > 0 ? list : undefined);

/** What the tools come down to, when they do not come down to all, and who had a part in that. */
function toolsOf(
  { spec }: AgentRun,
  instance: SympoziumInstance,
  policies: readonly SympoziumPolicy[],
  rules: PodRules | undefined,
) {
  const asked = firstOf(
    [THE_RUN, spec.toolPolicy],
    [named('SympoziumInstance', instance), instance.spec.agents.default.toolPolicy],
  );
  const value = toolAccess(asked?.value, rules);
  if (value.allow === undefined && (value.deny ?? []).length === 0) return undefined;
  const gating = policies.filter(({ spec: own }) => (own.toolGating ?? own.featureGates) !== undefined);
  return { value, from: [...(asked === undefined ? [] : [asked.from]), ...gating.map(aPolicy)].join(' and ') };
}

/** Each policy that has a part in what the field came to. */
function policyDecisions(policies: readonly SympoziumPolicy[]): Record<string, { from: string }> {
  const fields = policies.flatMap((policy) => Object.keys(boundsOf(policy.spec)).map((field) => ({ field, policy })));
  return Object.fromEntries(
    [...Map.groupBy(fields, ({ field }) => field)].map(([field, by]) => [
      field,
      { from: by.map(({ policy }) => aPolicy(policy)).join(' and ') },
    ]),
  );
}

const aPolicy = (policy: SympoziumPolicy): string => named('SympoziumPolicy', policy);

/** The run's own time-out, its instance's, or the default of its provider: the first that is more than zero. */
function timeoutOf(
  { spec }: AgentRun,
  instance: SympoziumInstance,
  config: RunConfig,
): { from: string; value: string } {
  const positive = (text: string | undefined) => ((parseGoDuration(text ?? '') ?? 0) > 0 ? text : undefined);
  const given = firstOf(
    [THE_RUN, positive(spec.timeout)],
    [named('SympoziumInstance', instance), positive(instance.spec.agents.default.runTimeout)],
  );
  if (given !== undefined) return given;
  const { provider } = spec.model;
  const seconds = LOCAL_PROVIDERS.has(provider)
    ? config.RUN_DEFAULT_LOCAL_TIMEOUT_SECONDS
    : config.RUN_DEFAULT_TIMEOUT_SECONDS;
  return { from: `the default for provider ${provider}`, value: goDuration(seconds) };
}

function policyOf({ metadata }: SympoziumPolicy): NonNullable<Resolution['policy']> {
  const { name, uid, generation } = metadata;
  return { name, ...(uid !== undefined && { uid }), ...(generation !== undefined && { generation }) };
}

/** What policies set for the pod itself; what they forbid is judged before. */
function boundsOf(rules: PodRules = {}): Pick<Resolution, 'network' | 'sandboxDefaults' | 'retries'> {
  const { sandboxPolicy, networkPolicy, retryPolicy } = rules;
  const { denyAll, ...network } = networkPolicy ?? { denyAll: false };
  const { defaultImage, maxCPU, maxMemory, seccompProfile, agentSandboxPolicy } = sandboxPolicy ?? {};
  const defaults = {
    image: defaultImage,
    seccompProfile: seccompProfile?.type,
    runtimeClass: agentSandboxPolicy?.defaultRuntimeClass,
    maxCPU,
    maxMemory,
  };
  const { infrastructureFailures: retries = 0 } = retryPolicy ?? {};
  const given = Object.entries(defaults).filter(([, value]) => value !== undefined && value !== '');
  return {
    ...(retries > 0 && { retries }),
    ...(denyAll && 'allowDNS' in network && { network }),
    ...(given.length > 0 && { sandboxDefaults: Object.fromEntries(given) }),
  };
}

/** Something in the run that no pod could be given, named; such a run would loop or hang [RUN-W16]. */
export function oversize(run: AgentRun, resolution: Resolution): Failure | undefined {
  const tooLarge = (what: string, max: number) =>
    failure(RUN_REASONS.invalidSpec, `${what} must be at most ${max} bytes`);
  if (bytesOf(resolution.systemPrompt) > ENV_VALUE_MAX) return tooLarge('systemPrompt', ENV_VALUE_MAX);
  const env = Object.entries(run.spec.env ?? {}).find(([, value]) => bytesOf(value) > ENV_VALUE_MAX);
  if (env !== undefined) return tooLarge(`env ${env[0]}`, ENV_VALUE_MAX);
  if (inputSize(run, resolution) > CONFIG_MAP_MAX) return tooLarge('task and systemPrompt together', CONFIG_MAP_MAX);
  if (bytesOf(JSON.stringify(resolution)) > RESOLUTION_MAX)
    return tooLarge('skills with their params and lifecycle hooks together', RESOLUTION_MAX);
  return undefined;
}
