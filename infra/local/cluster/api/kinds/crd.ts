import { isRecord, type KubeObject } from '../object.ts';

export const CRD_STORAGE = 'apiextensions.k8s.io/customresourcedefinitions';
export const CRD_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io';

/** The names of a CRD, with those that are derived filled in. */
export function crdNames({ spec }: KubeObject): Record<string, unknown> {
  const names = isRecord(spec?.['names']) ? spec['names'] : {};
  const kind = `${names['kind'] ?? ''}`;
  return { ...names, singular: names['singular'] ?? kind.toLowerCase(), listKind: names['listKind'] ?? `${kind}List` };
}
