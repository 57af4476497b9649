import { GROUP, KINDS } from '../../crds/group.ts';
import type { AdmissionHook, FunctionManifest } from '../../shared/manifest.ts';

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

export const HOOKS = { runs, defaults, schedules, packs };

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
  ],
};
