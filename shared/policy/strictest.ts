import type { SympoziumPolicySpec } from '../../crds/sympoziumpolicy.ts';
import { given } from '../given.ts';
import { parseQuantity } from '../kube/quantity.ts';

/** What a policy sets for a pod; what it only forbids is judged policy by policy. */
export type PodRules = Pick<SympoziumPolicySpec, 'toolGating' | 'featureGates' | 'networkPolicy' | 'retryPolicy'> & {
  sandboxPolicy?: SandboxRules | undefined;
};
type SandboxRules = Pick<SandboxPolicy, 'defaultImage' | 'maxCPU' | 'maxMemory' | 'seccompProfile'> & {
  agentSandboxPolicy?: Pick<NonNullable<SandboxPolicy['agentSandboxPolicy']>, 'defaultRuntimeClass'> | undefined;
};
type SandboxPolicy = NonNullable<SympoziumPolicySpec['sandboxPolicy']>;
type ToolGating = NonNullable<SympoziumPolicySpec['toolGating']>;
type Network = NonNullable<SympoziumPolicySpec['networkPolicy']>;
type Egress = NonNullable<Network['allowedEgress']>[number];

/** What several policies come down to together: a thing is allowed when each allows it; of defaults the first counts. Pure. */
export function strictest(policies: readonly { spec: PodRules }[]): PodRules | undefined {
  const [first, ...others] = policies.map(({ spec }) => spec);
  return first === undefined ? undefined : others.reduce(stricter, first);
}

function stricter(a: PodRules, b: PodRules): PodRules {
  return given({
    toolGating: both(a.toolGating, b.toolGating, stricterTools),
    featureGates: both(a.featureGates, b.featureGates, stricterGates),
    networkPolicy: both(a.networkPolicy, b.networkPolicy, stricterNetwork),
    sandboxPolicy: both(a.sandboxPolicy, b.sandboxPolicy, stricterSandbox),
    retryPolicy: both(a.retryPolicy, b.retryPolicy, (one, other) => ({
      infrastructureFailures: Math.min(one.infrastructureFailures, other.infrastructureFailures),
    })),
  });
}

const both = <T>(a: T | undefined, b: T | undefined, merge: (a: T, b: T) => T): T | undefined =>
  a === undefined ? b : b === undefined ? a : merge(a, b);

/** Every tool that either speaks of gets what the stricter says of it, by rule or by default. */
function stricterTools(a: ToolGating, b: ToolGating): ToolGating {
  const tools = new Set([...(a.rules ?? []), ...(b.rules ?? [])].map(({ tool }) => tool));
  return {
    defaultAction: strictestAction([a.defaultAction, b.defaultAction]),
    rules: [...tools].map((tool) => ({ tool, action: strictestAction([actionOn(tool, a), actionOn(tool, b)]) })),
  };
}

function actionOn(tool: string, { defaultAction, rules = [] }: ToolGating): string {
  const actions = rules.filter((rule) => rule.tool === tool).map(({ action }) => action);
  return actions.length === 0 ? defaultAction : strictestAction(actions);
}

/** A word that is not known closes, as `deny` does. */
function strictestAction(actions: readonly string[]): string {
  if (actions.every((action) => action === 'allow')) return 'allow';
  return actions.every((action) => action === 'allow' || action === 'ask') ? 'ask' : 'deny';
}

function stricterGates(a: Record<string, boolean>, b: Record<string, boolean>): Record<string, boolean> {
  const closed = Object.entries(b).filter(([gate, open]) => !open || a[gate] === undefined);
  return { ...a, ...Object.fromEntries(closed) };
}

function stricterNetwork(a: Network, b: Network): Network {
  if (!a.denyAll || !b.denyAll) return a.denyAll ? a : b;
  const allowed = (b.allowedEgress ?? []).flatMap((other) =>
    (a.allowedEgress ?? []).flatMap((one) => commonEgress(one, other)),
  );
  return {
    denyAll: true,
    allowDNS: a.allowDNS && b.allowDNS,
    allowEventBus: a.allowEventBus && b.allowEventBus,
    allowedEgress: allowed,
  };
}

/** What two entries both let through: hosts must be written alike. */
function commonEgress(a: Egress, b: Egress): Egress[] {
  if (a.host !== b.host || (a.port !== undefined && b.port !== undefined && a.port !== b.port)) return [];
  return [{ host: a.host, ...given({ port: a.port ?? b.port }) }];
}

function stricterSandbox(a: SandboxRules, b: SandboxRules): SandboxRules {
  return given({
    defaultImage: a.defaultImage || b.defaultImage,
    seccompProfile: a.seccompProfile ?? b.seccompProfile,
    maxCPU: smaller(a.maxCPU, b.maxCPU),
    maxMemory: smaller(a.maxMemory, b.maxMemory),
    agentSandboxPolicy: both(a.agentSandboxPolicy, b.agentSandboxPolicy, (one, other) =>
      one.defaultRuntimeClass ? one : other,
    ),
  });
}

/** One that cannot be read bounds nothing here: the judgement refuses what it would bound. */
function smaller(a: string | undefined, b: string | undefined): string | undefined {
  const [one, other] = [parseQuantity(a ?? ''), parseQuantity(b ?? '')];
  if (one === undefined || other === undefined) return one === undefined ? b : a;
  return other < one ? b : a;
}
