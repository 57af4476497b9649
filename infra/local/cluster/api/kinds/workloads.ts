import { deepEqual } from '../../apply/values.ts';
import { at, isRecord, type KubeObject } from '../object.ts';
import { type Cause, fieldError } from '../status.ts';
import { defaultPodSpec } from './pod-spec-defaults.ts';
import { validatePodSpec } from './pod-spec-validation.ts';
import type { KindRules, PrinterColumn } from './resource-type.ts';
import { selectorMatches, validSelector } from './selector.ts';
import { child, type Fields, fillIn, records } from './shape.ts';

const QUARTER = '25%';

/** Kinds of apps/v1 that keep pods of a template running. */
function workload(defaults: Fields, strategy: (spec: Fields) => void, columns: PrinterColumn[]): KindRules {
  return {
    generation: true,
    default: (object) => {
      const spec = child(object, 'spec');
      fillIn(spec, defaults);
      strategy(spec);
      defaultPodSpec(child(child(spec, 'template'), 'spec'));
    },
    prepareCreate: (object) => {
      object.status = emptyStatus(object.kind);
    },
    validate,
    columns,
  };
}

function emptyStatus(kind: string): Fields {
  if (kind === 'DaemonSet')
    return { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 };
  if (kind === 'StatefulSet') return { replicas: 0, availableReplicas: 0 };
  return kind === 'ReplicaSet' ? { replicas: 0 } : {};
}

function validate(object: KubeObject, old?: KubeObject): Cause[] {
  const spec = child(object, 'spec');
  const template = child(spec, 'template');
  const causes: Cause[] = [];
  const { replicas, selector } = spec;
  if (typeof replicas === 'number' && replicas < 0)
    causes.push(fieldError.invalid('spec.replicas', replicas, 'must be greater than or equal to 0'));
  const labels = at(template, 'metadata', 'labels');
  if (!isRecord(selector)) causes.push(fieldError.required('spec.selector'));
  else if (Object.keys(selector).length === 0)
    causes.push(fieldError.invalid('spec.selector', {}, `empty selector is invalid for ${object.kind.toLowerCase()}`));
  if (isRecord(selector)) causes.push(...validSelector(selector, 'spec.selector'));
  if (!selectorMatches(selector, isRecord(labels) ? labels : {})) {
    causes.push(
      fieldError.invalid(
        'spec.template.metadata.labels',
        labels ?? null,
        '`selector` does not match template `labels`',
      ),
    );
  }
  causes.push(...validatePodSpec(child(template, 'spec'), 'spec.template.spec', ['Always']));
  if (old !== undefined && !deepEqual(selector, old.spec?.['selector']))
    causes.push(fieldError.invalid('spec.selector', selector, 'field is immutable'));
  return causes;
}

const rolling =
  (values: Fields) =>
  (strategy: Fields): void => {
    strategy['type'] ??= 'RollingUpdate';
    if (strategy['type'] === 'RollingUpdate') fillIn(child(strategy, 'rollingUpdate'), values);
  };

const count = (name: string, of: (object: KubeObject) => unknown): PrinterColumn => ({
  name,
  type: 'integer',
  cell: (object) => Number(of(object) ?? 0),
});
const containerNames = ({ spec }: KubeObject): string =>
  records(at(spec, 'template', 'spec', 'containers'))
    .map(({ name }) => name)
    .join(',');
const images = ({ spec }: KubeObject): string =>
  records(at(spec, 'template', 'spec', 'containers'))
    .map(({ image }) => image)
    .join(',');
const selectorText = ({ spec }: KubeObject): string => {
  const labels = at(spec, 'selector', 'matchLabels');
  return isRecord(labels)
    ? Object.entries(labels)
        .map(([key, value]) => `${key}=${value}`)
        .join(',')
    : '<none>';
};
const AGE_FIRST: PrinterColumn[] = [
  { name: 'Containers', type: 'string', priority: 1, cell: containerNames },
  { name: 'Images', type: 'string', priority: 1, cell: images },
  { name: 'Selector', type: 'string', priority: 1, cell: selectorText },
];

export const DEPLOYMENT: KindRules = {
  generationOfAnnotations: true,
  ...workload(
    { replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 },
    (spec) => rolling({ maxUnavailable: QUARTER, maxSurge: QUARTER })(child(spec, 'strategy')),
    [
      {
        name: 'Ready',
        type: 'string',
        cell: ({ spec, status }) => `${status?.['readyReplicas'] ?? 0}/${spec?.['replicas'] ?? 0}`,
      },
      count('Up-to-date', ({ status }) => status?.['updatedReplicas']),
      count('Available', ({ status }) => status?.['availableReplicas']),
      ...AGE_FIRST,
    ],
  ),
};

export const REPLICA_SET = workload({ replicas: 1 }, () => undefined, [
  count('Desired', ({ spec }) => spec?.['replicas']),
  count('Current', ({ status }) => status?.['replicas']),
  count('Ready', ({ status }) => status?.['readyReplicas']),
  ...AGE_FIRST,
]);

const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation';

const daemonSet = workload(
  { revisionHistoryLimit: 10 },
  (spec) => rolling({ maxUnavailable: 1, maxSurge: 0 })(child(spec, 'updateStrategy')),
  [
    count('Desired', ({ status }) => status?.['desiredNumberScheduled']),
    count('Current', ({ status }) => status?.['currentNumberScheduled']),
    count('Ready', ({ status }) => status?.['numberReady']),
    count('Up-to-date', ({ status }) => status?.['updatedNumberScheduled']),
    count('Available', ({ status }) => status?.['numberAvailable']),
    { name: 'Node Selector', type: 'string', cell: () => '<none>' },
    ...AGE_FIRST,
  ],
);

export const STATEFUL_SET = workload(
  {
    replicas: 1,
    revisionHistoryLimit: 10,
    podManagementPolicy: 'OrderedReady',
    persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
  },
  (spec) => rolling({ partition: 0 })(child(spec, 'updateStrategy')),
  [
    {
      name: 'Ready',
      type: 'string',
      cell: ({ spec, status }) => `${status?.['readyReplicas'] ?? 0}/${spec?.['replicas'] ?? 0}`,
    },
    ...AGE_FIRST,
  ],
);

export const DAEMON_SET: KindRules = {
  ...daemonSet,
  default: (object) => {
    daemonSet.default?.(object);
    object.metadata.annotations = { [TEMPLATE_GENERATION]: '1', ...object.metadata.annotations };
  },
};
