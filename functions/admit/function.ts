import { GROUP, KINDS } from '../../crds/group.ts';
import { type AdmissionHook, type FunctionManifest, SPEC_CHANGED, UNLESS_DELETED } from '../../shared/manifest.ts';

/** A cancelled run only ends: whoever cancels must not be held up by a policy that became stricter since. */
const UNLESS_CANCELLED = {
  name: 'is-not-cancelled',
  expression: "request.operation == 'CREATE' || !has(object.spec.cancel) || !object.spec.cancel",
};

/** Path and name as in the original, whose refusals carry them (controllers spec, 6.1). */
const runs: AdmissionHook = {
  name: 'vagentpod.sympozium.ai',
  path: '/validate-agent-pods',
  changes: false,
  resource: KINDS.AgentRun,
  operations: ['CREATE', 'UPDATE'],
  conditions: [UNLESS_DELETED, SPEC_CHANGED, UNLESS_CANCELLED],
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

const schedules: AdmissionHook = {
  name: 'vschedule.sympozium.ai',
  path: '/validate-schedules',
  changes: false,
  resource: KINDS.SympoziumSchedule,
  operations: ['CREATE', 'UPDATE'],
  conditions: [UNLESS_DELETED, SPEC_CHANGED],
  // Nothing unsafe comes of a schedule that cannot be read: its reconciler says so in a condition.
  failurePolicy: 'Ignore',
};

const packs: AdmissionHook = {
  name: 'vpersonapack.sympozium.ai',
  path: '/validate-personapacks',
  changes: false,
  resource: KINDS.PersonaPack,
  operations: ['CREATE', 'UPDATE'],
  conditions: [UNLESS_DELETED, SPEC_CHANGED],
  // As with schedules: such a pack changes nothing, and says so.
  failurePolicy: 'Ignore',
};

export const HOOKS = { runs, defaults, schedules, packs };

export const manifest: FunctionManifest = {
  name: 'admit',
  memoryMb: 256,
  timeoutSeconds: 8,
  concurrency: 16,
  admits: [runs, defaults, schedules, packs],
  rules: [
    {
      apiGroups: [GROUP],
      resources: [KINDS.SympoziumInstance.plural, KINDS.SympoziumPolicy.plural, KINDS.SkillPack.plural],
      verbs: ['get'],
    },
  ],
};
