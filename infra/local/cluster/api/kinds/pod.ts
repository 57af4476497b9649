import { deepEqual } from '../../apply/values.ts';
import { at, isRecord, type KubeObject } from '../object.ts';
import { age, duration } from '../print/table.ts';
import { type Cause, fieldError } from '../status.ts';
import { defaultPodSpec } from './pod-spec-defaults.ts';
import { validatePodSpec } from './pod-spec-validation.ts';
import type { KindRules } from './resource-type.ts';
import { child, type Fields, records, text } from './shape.ts';

const ZERO: Fields = { cpu: '0', memory: '0' };

/** Guaranteed, Burstable or BestEffort, from the containers' cpu and memory. */
function qosClass(spec: Fields): string {
  const all = [...records(spec['containers']), ...records(spec['initContainers'])].map(({ resources }) =>
    isRecord(resources) ? resources : {},
  );
  const amounts = (resources: Fields, list: string): Fields => (isRecord(resources[list]) ? resources[list] : {});
  const named = (list: Fields): string[] => Object.keys(list).filter((name) => name in ZERO && list[name] !== '0');
  if (
    all.every(
      (resources) => named(amounts(resources, 'limits')).length + named(amounts(resources, 'requests')).length === 0,
    )
  )
    return 'BestEffort';
  const guaranteed = all.every((resources) => {
    const limits = amounts(resources, 'limits');
    const requests = amounts(resources, 'requests');
    return (
      named(limits).length === 2 &&
      named(limits).every((name) => deepEqual(limits[name], requests[name] ?? limits[name]))
    );
  });
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

/** Tolerations every pod gets from admission (DefaultTolerationSeconds). */
const TOLERATIONS = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'].map((key) => ({
  key,
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds: 300,
}));

function prepareCreate(pod: KubeObject): void {
  const spec = child(pod, 'spec');
  const tolerations = records(spec['tolerations']);
  const missing = TOLERATIONS.filter(
    ({ key }) =>
      !tolerations.some((have) => have['key'] === key || (have['key'] === undefined && have['operator'] === 'Exists')),
  );
  if (missing.length > 0) spec['tolerations'] = [...tolerations, ...missing];
  spec['priority'] ??= 0;
  spec['preemptionPolicy'] ??= 'PreemptLowerPriority';
  spec['enableServiceLinks'] ??= true;
  pod.status = { phase: 'Pending', qosClass: qosClass(spec) };
}

function defaultPod(pod: KubeObject): void {
  const spec = child(pod, 'spec');
  defaultPodSpec(spec);
  spec['enableServiceLinks'] ??= true;
  const podIP = pod.status?.['podIP'];
  if (podIP !== undefined && pod.status !== undefined) pod.status['podIPs'] ??= [{ ip: podIP }];
}

const FIXED =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

/** The spec without what may change after creation. */
function fixedPart({ spec = {} }: KubeObject): Fields {
  const imageless = (list: unknown): unknown => records(list).map(({ image: _image, ...container }) => container);
  const { activeDeadlineSeconds: _deadline, tolerations: _tolerations, containers, initContainers, ...rest } = spec;
  return { ...rest, containers: imageless(containers), initContainers: imageless(initContainers) };
}

function validate(pod: KubeObject, old?: KubeObject): Cause[] {
  const causes = validatePodSpec(child(pod, 'spec'), 'spec');
  if (old !== undefined && !deepEqual(fixedPart(pod), fixedPart(old))) causes.push(fieldError.forbidden('spec', FIXED));
  return causes;
}

function waitingReason(statuses: readonly Fields[]): string | undefined {
  for (const { state } of statuses) {
    const waiting = at(state, 'waiting', 'reason');
    const terminated = at(state, 'terminated', 'reason');
    if (typeof waiting === 'string' && waiting !== '') return waiting;
    if (typeof terminated === 'string' && terminated !== '') return terminated;
  }
  return undefined;
}

function statusText({ status = {}, metadata }: KubeObject): string {
  const running = records(status['containerStatuses']);
  const init = records(status['initContainerStatuses']).filter(
    ({ state }) => at(state, 'terminated', 'exitCode') !== 0 && at(state, 'running') === undefined,
  );
  const initReason = waitingReason(init);
  const reason =
    initReason === undefined
      ? waitingReason(running)
      : initReason === 'PodInitializing'
        ? undefined
        : `Init:${initReason}`;
  if (metadata.deletionTimestamp !== undefined) return 'Terminating';
  return text(status['reason']) || (reason ?? (text(status['phase']) || 'Unknown'));
}

function restarts({ status = {} }: KubeObject, now: Date): string {
  const statuses = records(status['containerStatuses']);
  const count = statuses.reduce((sum, { restartCount }) => sum + Number(restartCount ?? 0), 0);
  const ends = statuses
    .map(({ lastState }) => Date.parse(text(at(lastState, 'terminated', 'finishedAt'))))
    .filter((time) => !Number.isNaN(time));
  return count > 0 && ends.length > 0
    ? `${count} (${duration(Math.floor((now.getTime() - Math.max(...ends)) / 1000))} ago)`
    : `${count}`;
}

export const POD: KindRules = {
  generation: true,
  graceful: true,
  default: defaultPod,
  prepareCreate,
  validate,
  selectable: ({ spec = {}, status = {} }) => ({
    'spec.nodeName': text(spec['nodeName']),
    'spec.restartPolicy': text(spec['restartPolicy']),
    'spec.schedulerName': text(spec['schedulerName']),
    'spec.serviceAccountName': text(spec['serviceAccountName']),
    'spec.hostNetwork': `${spec['hostNetwork'] === true}`,
    'status.phase': text(status['phase']),
    'status.podIP': text(status['podIP']),
    'status.nominatedNodeName': text(status['nominatedNodeName']),
  }),
  columns: [
    { name: 'Name', type: 'string', format: 'name', cell: ({ metadata }) => metadata.name },
    {
      name: 'Ready',
      type: 'string',
      cell: ({ spec = {}, status = {} }) => {
        const sidecars = records(spec['initContainers']).filter(
          ({ restartPolicy }) => restartPolicy === 'Always',
        ).length;
        const statuses = [
          ...records(status['containerStatuses']),
          ...records(status['initContainerStatuses']).filter(({ started }) => started === true),
        ];
        return `${statuses.filter(({ ready }) => ready === true).length}/${records(spec['containers']).length + sidecars}`;
      },
    },
    { name: 'Status', type: 'string', cell: statusText },
    { name: 'Restarts', type: 'string', cell: restarts },
    { name: 'Age', type: 'string', cell: ({ metadata }, now) => age(metadata.creationTimestamp, now) },
    { name: 'IP', type: 'string', priority: 1, cell: ({ status }) => text(status?.['podIP']) || '<none>' },
    { name: 'Node', type: 'string', priority: 1, cell: ({ spec }) => text(spec?.['nodeName']) || '<none>' },
    {
      name: 'Nominated Node',
      type: 'string',
      priority: 1,
      cell: ({ status }) => text(status?.['nominatedNodeName']) || '<none>',
    },
    { name: 'Readiness Gates', type: 'string', priority: 1, cell: () => '<none>' },
  ],
};
