import { validateCrdSchema } from '../../schema/crd-schema.ts';
import { at, isRecord, type KubeObject } from '../object.ts';
import { type Cause, fieldError, notImplemented } from '../status.ts';
import type { KindRules } from './resource-type.ts';
import { child, fillIn, records, text } from './shape.ts';

export const CRD_STORAGE = 'apiextensions.k8s.io/customresourcedefinitions';
export const CRD_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io';

/** The names of a CRD, with those that are derived filled in. */
export function crdNames({ spec }: KubeObject): Record<string, unknown> {
  const names = isRecord(spec?.['names']) ? spec['names'] : {};
  const kind = `${names['kind'] ?? ''}`;
  return { ...names, singular: names['singular'] ?? kind.toLowerCase(), listKind: names['listKind'] ?? `${kind}List` };
}

function validate(crd: KubeObject, old?: KubeObject): Cause[] {
  const spec = child(crd, 'spec');
  const names = child(spec, 'names');
  const causes: Cause[] = [];
  const wanted = `${names['plural']}.${spec['group']}`;
  if (crd.metadata.name !== wanted)
    causes.push(fieldError.invalid('metadata.name', crd.metadata.name, 'must be spec.names.plural+"."+spec.group'));
  for (const field of ['group', 'scope']) if (!text(spec[field])) causes.push(fieldError.required(`spec.${field}`));
  for (const field of ['plural', 'kind'])
    if (!text(names[field])) causes.push(fieldError.required(`spec.names.${field}`));
  const scopes = ['Cluster', 'Namespaced'];
  if (text(spec['scope']) && !scopes.includes(text(spec['scope'])))
    causes.push(fieldError.notSupported('spec.scope', spec['scope'], scopes));
  causes.push(...validateVersions(crd));
  if (at(spec, 'conversion', 'strategy') === 'Webhook')
    throw notImplemented('conversion of custom resources by a webhook');
  for (const field of ['group', 'scope']) {
    if (old !== undefined && old.spec?.[field] !== spec[field])
      causes.push(fieldError.invalid(`spec.${field}`, spec[field], 'field is immutable'));
  }
  return causes;
}

function validateVersions(crd: KubeObject): Cause[] {
  const versions = records(crd.spec?.['versions']);
  const stored = versions.filter(({ storage }) => storage === true).length;
  const causes: Cause[] = [];
  if (stored !== 1)
    causes.push(
      fieldError.invalid(
        'spec.versions',
        crd.spec?.['versions'] ?? null,
        'must have exactly one version marked as storage version',
      ),
    );
  for (const [index, version] of versions.entries()) {
    const path = `spec.versions[${index}].schema.openAPIV3Schema`;
    const schema = at(version, 'schema', 'openAPIV3Schema');
    if (!isRecord(schema)) causes.push(fieldError.required(path));
    // With one version the real server says where the schema was before versions had their own.
    else causes.push(...validateCrdSchema(schema, versions.length === 1 ? undefined : path));
  }
  return causes;
}

export const CRD: KindRules = {
  generation: true,
  default: (crd) => {
    const spec = child(crd, 'spec');
    spec['names'] = crdNames(crd);
    fillIn(spec, { conversion: { strategy: 'None' } });
  },
  prepareCreate: (crd) => {
    const storedVersions = records(crd.spec?.['versions'])
      .filter(({ storage }) => storage === true)
      .map(({ name }) => name);
    crd.status = { conditions: null, acceptedNames: { plural: '', kind: '' }, storedVersions };
  },
  validate,
  columns: [{ name: 'Created At', type: 'date', cell: ({ metadata }) => metadata.creationTimestamp }],
};
