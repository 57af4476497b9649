import type { KindRules } from '../kinds/resource-type.ts';
import type { KubeObject, ObjectMeta } from '../object.ts';
import { type Cause, fieldError } from '../status.ts';
import {
  dns1035Errors,
  labelErrors,
  labelValueErrors,
  pathSegmentErrors,
  qualifiedNameErrors,
  subdomainErrors,
} from './names.ts';

const NAME_CHECKS: Record<NonNullable<KindRules['name']> | 'subdomain', (name: string) => string[]> = {
  subdomain: subdomainErrors,
  'dns-label': labelErrors,
  'dns-1035-label': dns1035Errors,
  'path-segment': pathSegmentErrors,
};
const ANNOTATIONS_LIMIT = 256 * 1024;

/** Labels at `path`, as metadata, selectors and templates have them. */
export function validateLabels(labels: Record<string, string> | undefined, path: string): Cause[] {
  const causes: Cause[] = [];
  for (const [key, value] of Object.entries(labels ?? {})) {
    for (const error of qualifiedNameErrors(key)) causes.push(fieldError.invalid(path, key, error));
    for (const error of labelValueErrors(value)) causes.push(fieldError.invalid(path, value, error));
  }
  return causes;
}

function validateAnnotations(annotations: Record<string, string> | undefined): Cause[] {
  const causes: Cause[] = [];
  let size = 0;
  for (const [key, value] of Object.entries(annotations ?? {})) {
    for (const error of qualifiedNameErrors(key.toLowerCase()))
      causes.push(fieldError.invalid('metadata.annotations', key, error));
    size += key.length + value.length;
  }
  if (size > ANNOTATIONS_LIMIT) causes.push(fieldError.tooLong('metadata.annotations', ANNOTATIONS_LIMIT));
  return causes;
}

function validateOwners(meta: ObjectMeta): Cause[] {
  const causes: Cause[] = [];
  const controllers: string[] = [];
  for (const owner of meta.ownerReferences ?? []) {
    const path = 'metadata.ownerReferences';
    if (!owner.apiVersion)
      causes.push(fieldError.invalid(`${path}.apiVersion`, owner.apiVersion ?? '', 'version must not be empty'));
    if (!owner.kind) causes.push(fieldError.invalid(`${path}.kind`, owner.kind ?? '', 'must not be empty'));
    if (!owner.name) causes.push(fieldError.invalid(`${path}.name`, owner.name ?? '', 'must not be empty'));
    if (!owner.uid) causes.push(fieldError.invalid(`${path}.uid`, owner.uid ?? '', 'must not be empty'));
    if (owner.controller === true) controllers.push(owner.name);
  }
  if (controllers.length > 1) {
    const detail = `Only one reference can have Controller set to true. Found "true" in references for ${controllers[0]} and ${controllers[1]}`;
    causes.push(fieldError.invalid('metadata.ownerReferences', null, detail));
  }
  return causes;
}

function validateFinalizers(meta: ObjectMeta): Cause[] {
  const causes = (meta.finalizers ?? []).flatMap((finalizer) =>
    qualifiedNameErrors(finalizer).map((error) => fieldError.invalid('metadata.finalizers', finalizer, error)),
  );
  const finalizers = meta.finalizers ?? [];
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    causes.push(
      fieldError.invalid(
        'metadata.finalizers',
        finalizers,
        'finalizer orphan and foregroundDeletion cannot be both set',
      ),
    );
  }
  return causes;
}

const STANDARD_FINALIZERS = ['orphan', 'foregroundDeletion', 'kubernetes'];

function unqualifiedFinalizers({ finalizers = [] }: ObjectMeta): Cause[] {
  return finalizers.flatMap((finalizer, index) => {
    if (finalizer.includes('/') || STANDARD_FINALIZERS.includes(finalizer)) return [];
    return [
      fieldError.invalid(
        `metadata.finalizers[${index}]`,
        finalizer,
        'name is neither a standard finalizer name nor is it fully qualified',
      ),
    ];
  });
}

function validateName(name: string, rule: KindRules['name'], path = 'metadata.name'): Cause[] {
  return NAME_CHECKS[rule ?? 'subdomain'](name).map((error) => fieldError.invalid(path, name, error));
}

/** Everything about `metadata` that a create or update must get right. */
export function validateMeta({ metadata }: KubeObject, rule: KindRules['name'], builtin = true): Cause[] {
  const causes: Cause[] = [];
  if (metadata.generateName !== undefined && metadata.generateName !== '') {
    // A trailing dash is fine: something follows it.
    const asName = `${metadata.generateName.replace(/-$/, '')}${metadata.generateName.endsWith('-') ? 'a' : ''}`;
    causes.push(...validateName(asName, rule, 'metadata.generateName').map((cause) => ({ ...cause })));
  }
  if (!metadata.name) causes.push(fieldError.required('metadata.name', 'name or generateName is required'));
  else causes.push(...validateName(metadata.name, rule));
  return [
    ...causes,
    ...validateLabels(metadata.labels, 'metadata.labels'),
    ...validateAnnotations(metadata.annotations),
    ...validateOwners(metadata),
    ...validateFinalizers(metadata),
    ...(builtin ? unqualifiedFinalizers(metadata) : []),
  ];
}

const IMMUTABLE = 'field is immutable';

/** What an update may not change. Fields that clients may leave out have been filled in from `old` before. */
export function validateMetaUpdate({ metadata }: KubeObject, old: KubeObject): Cause[] {
  const causes: Cause[] = [];
  for (const key of [
    'name',
    'namespace',
    'uid',
    'creationTimestamp',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
  ] as const) {
    if (metadata[key] !== old.metadata[key])
      causes.push(fieldError.invalid(`metadata.${key}`, metadata[key] ?? '', IMMUTABLE));
  }
  if (old.metadata.deletionTimestamp !== undefined) {
    const added = (metadata.finalizers ?? []).filter(
      (finalizer) => !(old.metadata.finalizers ?? []).includes(finalizer),
    );
    if (added.length > 0) {
      const detail = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((f) => JSON.stringify(f)).join(', ')}}`;
      causes.push({ reason: 'FieldValueForbidden', message: `Forbidden: ${detail}`, field: 'metadata.finalizers' });
    }
  }
  return causes;
}

const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** `generateName` and five letters, within 63 characters. */
export function generateName(base: string): string {
  let suffix = '';
  for (let index = 0; index < 5; index++) suffix += ALPHABET[Math.floor(Math.random() * ALPHABET.length)];
  return `${base.slice(0, 58)}${suffix}`;
}
