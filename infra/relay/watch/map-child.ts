import { controllerOf, type KubeObject } from '../../../shared/kube/objects.ts';
import type { ChildWatch, SubjectWake } from '../../../shared/manifest.ts';

/** The key that a child's owner or label names, whether or not such a primary exists. */
export function namedPrimary(child: KubeObject, mapTo: ChildWatch['mapTo'], namespaced: boolean): string | undefined {
  const name = 'label' in mapTo ? child.metadata.labels?.[mapTo.label] : ownerName(child, mapTo.owner);
  if (name === undefined || name === '') return undefined;
  return `${namespaced ? (child.metadata.namespace ?? '') : ''}/${name}`;
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
