import { GROUP, KINDS } from '../../crds/group.ts';
import type { Resource } from '../../shared/kube/resources.ts';
import type { AdmissionHook, FunctionManifest } from '../../shared/manifest.ts';
import { ESCALATE } from './lent.ts';

const UNLESS_DELETED = { name: 'is-not-being-deleted', expression: '!has(object.metadata.deletionTimestamp)' };

/** Labels, finalizers and the like concern no rule: nothing holds them up. */
const SPEC_CHANGED = {
  name: 'changes-its-spec',
  expression: "request.operation == 'CREATE' || object.spec != oldObject.spec",
};

/** A cancelled run only ends: whoever cancels must not be held up by a policy that became stricter since. */
const UNLESS_CANCELLED = {
  name: 'is-not-cancelled',
  expression: "request.operation == 'CREATE' || !has(object.spec.cancel) || !object.spec.cancel",
};

/** Asked about each object that is made or means something else now, and only to judge it. */
const judges: Pick<AdmissionHook, 'changes' | 'operations' | 'conditions'> = {
  changes: false,
  operations: ['CREATE', 'UPDATE'],
  conditions: [UNLESS_DELETED, SPEC_CHANGED],
};

/** Path and name as in the original, whose refusals carry them (controllers spec, 6.1). */
const runs: AdmissionHook = {
  ...judges,
  name: 'vagentpod.sympozium.ai',
  path: '/validate-agent-pods',
  resource: KINDS.AgentRun,
  conditions: [...judges.conditions, UNLESS_CANCELLED],
  failurePolicy: 'Fail',
};

/** Served by the original, but registered nowhere, so that runs of routers and schedules met policies unprepared [CTL-WA1]. */
const defaults: AdmissionHook = {
  name: 'magentpod.sympozium.ai',
  path: '/mutate-agent-pods',
  changes: true,
  resource: KINDS.AgentRun,
  operations: ['CREATE'],
  conditions: [],
  // What it would have filled in is missed by the one that validates, which fails closed.
  failurePolicy: 'Ignore',
};

/** Nothing unsafe comes of a schedule that cannot be read: its reconciler says so in a condition. */
const schedules: AdmissionHook = {
  ...judges,
  name: 'vschedule.sympozium.ai',
  path: '/validate-schedules',
  resource: KINDS.SympoziumSchedule,
  failurePolicy: 'Ignore',
};

/** As with schedules: a pack that contradicts itself changes nothing, and says so. */
const packs: AdmissionHook = {
  ...judges,
  name: 'vpersonapack.sympozium.ai',
  path: '/validate-personapacks',
  resource: KINDS.PersonaPack,
  failurePolicy: 'Ignore',
};

/**
 * Whoever lends rights of their own to agents is asked about; who may `escalate` the kind lends what they like, and needs nobody
 * for it: the control plane itself, and administrators while the relay is down [RUN-W21] [CTL-WA3].
 */
const lends = (name: string, path: string, resource: Resource, expression: string): AdmissionHook => ({
  ...judges,
  name: `${name}.sympozium.ai`,
  path,
  resource,
  conditions: [
    ...judges.conditions,
    { name: 'lends-a-right', expression },
    {
      name: 'may-not-escalate',
      expression: `!authorizer.group('${GROUP}').resource('${resource.plural}').namespace(request.namespace).check('${ESCALATE}').allowed()`,
    },
  ],
  failurePolicy: 'Fail',
});

const anyOf = (...fields: string[]): string => fields.map((field) => `has(object.spec.${field})`).join(' || ');

const lending = {
  instances: lends(
    'vinstance',
    '/validate-instances',
    KINDS.SympoziumInstance,
    anyOf('authRefs', 'channels', 'mcpServers', 'observability', 'skills', 'agents.default.lifecycle'),
  ),
  personas: lends(
    'vpersona',
    '/validate-personas',
    KINDS.PersonaPack,
    `${anyOf('authRefs', 'channelConfigs', 'skillParams')} || object.spec.personas.exists(one, has(one.lifecycle))`,
  ),
  skillPacks: lends('vskillpack', '/validate-skillpacks', KINDS.SkillPack, anyOf('sidecar')),
  mcpServers: lends('vmcpserver', '/validate-mcpservers', KINDS.MCPServer, anyOf('deployment')),
};

export const HOOKS = { runs, defaults, schedules, packs, ...lending };

export const manifest: FunctionManifest = {
  name: 'admit',
  memoryMb: 256,
  timeoutSeconds: 8,
  concurrency: 16,
  admits: Object.values(HOOKS),
  rules: [
    {
      apiGroups: [GROUP],
      resources: [KINDS.SympoziumInstance.plural, KINDS.SympoziumPolicy.plural, KINDS.SkillPack.plural],
      verbs: ['get'],
    },
    // The policy of a namespace is named by a label of it.
    { apiGroups: [''], resources: ['namespaces'], verbs: ['get'] },
    { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] },
  ],
};
