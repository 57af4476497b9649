import { controllerOf, type KubeObject } from '../../../shared/kube/objects.ts';
import type { ChildWatch, SubjectWake } from '../../../shared/manifest.ts';
import { compileField, fieldOf } from './projection.ts';

/** The key that a child's owner, label or field names, whether or not such a primary exists. */
export function namedPrimary(child: KubeObject, mapTo: ChildWatch['mapTo'], namespaced: boolean): string | undefined {
  const name = primaryName(child, mapTo);
  if (name === undefined || name === '') return undefined;
  return `${namespaced ? (child.metadata.namespace ?? '') : ''}/${name}`;
}

function primaryName(child: KubeObject, mapTo: ChildWatch['mapTo']): string | undefined {
  if ('label' in mapTo) return child.metadata.labels?.[mapTo.label];
  if ('owner' in mapTo) return ownerName(child, mapTo.owner);
  const value = fieldOf(child, compileField({ path: mapTo.field }));
  return typeof value === 'string' ? value : undefined;
}

function ownerName(child: KubeObject, kind: string): string | undefined {
  const owner = controllerOf(child);
  return owner?.kind === kind ? owner.name : undefined;
}

/** The key that the tokens of a message's subject name. */
export function keyOfSubject(subject: string, wake: SubjectWake): string | undefined {
  const tokens = subject.split('.');
  const namespace = tokens[wake.namespaceToken];
  const name = tokens[wake.nameToken];
  if (namespace === undefined || name === undefined || name === '') return undefined;
  return `${namespace}/${name.replaceAll('_', '.')}`;
}
