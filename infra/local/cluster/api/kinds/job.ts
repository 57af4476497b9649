import { deepEqual } from '../../apply/values.ts';
import { at, isRecord, type KubeObject } from '../object.ts';
import { duration } from '../print/table.ts';
import { type Cause, fieldError } from '../status.ts';
import { defaultPodSpec } from './pod-spec-defaults.ts';
import { validatePodSpec } from './pod-spec-validation.ts';
import type { KindRules } from './resource-type.ts';
import { selectorMatches, validSelector } from './selector.ts';
import { child, fillIn, records, text } from './shape.ts';

/** Labels that tie pods to their Job; the ones without prefix are the older form. */
const UID_LABEL = 'batch.kubernetes.io/controller-uid';
const UID_LABELS = ['controller-uid', UID_LABEL];
const NAME_LABELS = ['job-name', 'batch.kubernetes.io/job-name'];

function defaultJob(job: KubeObject): void {
  const spec = child(job, 'spec');
  if (spec['completions'] === undefined && spec['parallelism'] === undefined)
    fillIn(spec, { completions: 1, parallelism: 1 });
  fillIn(spec, {
    parallelism: 1,
    backoffLimit: spec['backoffLimitPerIndex'] === undefined ? 6 : 2_147_483_647,
    completionMode: 'NonIndexed',
    suspend: false,
    podReplacementPolicy: spec['podFailurePolicy'] === undefined ? 'TerminatingOrFailed' : 'Failed',
    manualSelector: false,
  });
  defaultPodSpec(child(child(spec, 'template'), 'spec'));
  const labels = at(spec, 'template', 'metadata', 'labels');
  if (isRecord(labels) && job.metadata.labels === undefined)
    job.metadata.labels = Object.fromEntries(Object.entries(labels).map(([key, value]) => [key, `${value}`]));
}

function prepareCreate(job: KubeObject): void {
  const spec = child(job, 'spec');
  job.status = {};
  if (spec['manualSelector'] === true) return;
  const { uid = '', name = '' } = job.metadata;
  const metadata = child(child(spec, 'template'), 'metadata');
  const labels: Record<string, string> = {};
  for (const [key, value] of Object.entries(isRecord(metadata['labels']) ? metadata['labels'] : {}))
    labels[key] = `${value}`;
  for (const key of UID_LABELS) labels[key] = uid;
  for (const key of NAME_LABELS) labels[key] = name;
  metadata['labels'] = labels;
  job.metadata.labels ??= { ...labels };
  const selector = child(spec, 'selector');
  selector['matchLabels'] = { ...(isRecord(selector['matchLabels']) ? selector['matchLabels'] : {}), [UID_LABEL]: uid };
}

const NEEDS_POLICY = 'valid values: "OnFailure", "Never"';

function validate(job: KubeObject, old?: KubeObject): Cause[] {
  const spec = child(job, 'spec');
  const template = child(spec, 'template');
  const causes: Cause[] = [];
  for (const field of [
    'parallelism',
    'completions',
    'backoffLimit',
    'activeDeadlineSeconds',
    'ttlSecondsAfterFinished',
  ]) {
    const value = spec[field];
    if (typeof value === 'number' && value < 0)
      causes.push(fieldError.invalid(`spec.${field}`, value, 'must be greater than or equal to 0'));
  }
  if (spec['selector'] === undefined) causes.push(fieldError.required('spec.selector'));
  else
    causes.push(
      ...chosenSelector(job),
      ...validSelector(spec['selector'], 'spec.selector'),
      ...selectsTemplate(spec['selector'], template),
    );
  const podSpec = child(template, 'spec');
  causes.push(...validatePodSpec(podSpec, 'spec.template.spec'));
  const policy = text(podSpec['restartPolicy']);
  if (policy === 'Always')
    causes.push({
      reason: 'FieldValueRequired',
      message: `Required value: ${NEEDS_POLICY}`,
      field: 'spec.template.spec.restartPolicy',
    });
  return old === undefined ? causes : [...causes, ...immutables(job, old)];
}

/** Without `manualSelector` a job's selector is the server's to choose. */
function chosenSelector({ spec = {}, metadata }: KubeObject): Cause[] {
  const { selector, manualSelector } = spec;
  if (manualSelector === true || deepEqual(selector, { matchLabels: { [UID_LABEL]: metadata.uid } })) return [];
  return [fieldError.invalid('spec.selector', selector, '`selector` not auto-generated')];
}

function selectsTemplate(selector: unknown, template: Record<string, unknown>): Cause[] {
  const labels = at(template, 'metadata', 'labels');
  if (selectorMatches(selector, isRecord(labels) ? labels : {})) return [];
  return [
    fieldError.invalid('spec.template.metadata.labels', labels ?? null, '`selector` does not match template `labels`'),
  ];
}

function immutables(job: KubeObject, old: KubeObject): Cause[] {
  return [
    'completions',
    'selector',
    'template',
    'completionMode',
    'podFailurePolicy',
    'backoffLimitPerIndex',
    'managedBy',
  ].flatMap((field) => {
    const [next, before] = [job.spec?.[field], old.spec?.[field]];
    if (deepEqual(next, before)) return [];
    // A suspended job that has not started may still be told where to run.
    if (field === 'template' && old.spec?.['suspend'] === true && old.status?.['startTime'] === undefined) return [];
    return [fieldError.invalid(`spec.${field}`, next ?? null, 'field is immutable')];
  });
}

function condition({ status }: KubeObject, type: string): boolean {
  return records(status?.['conditions']).some((item) => item['type'] === type && item['status'] === 'True');
}

function jobStatus(job: KubeObject): string {
  if (condition(job, 'Complete')) return 'Complete';
  if (condition(job, 'Failed')) return 'Failed';
  if (job.metadata.deletionTimestamp !== undefined) return 'Terminating';
  if (condition(job, 'Suspended')) return 'Suspended';
  return condition(job, 'FailureTarget')
    ? 'FailureTarget'
    : condition(job, 'SuccessCriteriaMet')
      ? 'SuccessCriteriaMet'
      : 'Running';
}

function runTime({ status = {} }: KubeObject, now: Date): string {
  const started = Date.parse(text(status['startTime']));
  if (Number.isNaN(started)) return '';
  const ended = Date.parse(text(status['completionTime']));
  return duration(Math.floor(((Number.isNaN(ended) ? now.getTime() : ended) - started) / 1000));
}

export const JOB: KindRules = {
  generation: true,
  default: defaultJob,
  prepareCreate,
  validate,
  selectable: ({ status = {} }) => ({ 'status.successful': `${status['succeeded'] ?? 0}` }),
  columns: [
    { name: 'Status', type: 'string', cell: jobStatus },
    {
      name: 'Completions',
      type: 'string',
      cell: ({ spec = {}, status = {} }) =>
        `${status['succeeded'] ?? 0}/${spec['completions'] ?? `1 of ${spec['parallelism'] ?? 1}`}`,
    },
    { name: 'Duration', type: 'string', cell: runTime },
  ],
};

/** Defaults of a template inside another kind. */
export function defaultCronJob(cronJob: KubeObject): void {
  const spec = child(cronJob, 'spec');
  fillIn(spec, {
    concurrencyPolicy: 'Allow',
    suspend: false,
    successfulJobsHistoryLimit: 3,
    failedJobsHistoryLimit: 1,
  });
  const template = child(child(child(spec, 'jobTemplate'), 'spec'), 'template');
  defaultPodSpec(child(template, 'spec'));
}
