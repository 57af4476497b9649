/** Who owns whom, by UID: what garbage collection decides from. Holds no more of an object than that needs. */
import type { KubeObject, OwnerReference } from '../../../../shared/kube/objects.ts';
import type { ObjectRef, Resource } from '../../../../shared/kube/resources.ts';

export interface GraphNode {
  ref: ObjectRef & { uid: string };
  owners: OwnerReference[];
  finalizers: string[];
  deleting: boolean;
}

export const FOREGROUND = 'foregroundDeletion';
export const ORPHAN = 'orphan';

export interface OwnerGraph {
  put(resource: Resource, object: KubeObject): GraphNode;
  remove(uid: string): void;
  get(uid: string): GraphNode | undefined;
  dependentsOf(uid: string): GraphNode[];
}

export function createOwnerGraph(): OwnerGraph {
  const nodes = new Map<string, GraphNode>();
  const dependents = new Map<string, Set<string>>();

  function unlink({ ref, owners }: GraphNode): void {
    for (const { uid } of owners) {
      const set = dependents.get(uid);
      set?.delete(ref.uid);
      if (set?.size === 0) dependents.delete(uid);
    }
  }
  return {
    put(resource, { metadata }) {
      const { uid = '', namespace, name } = metadata;
      const node: GraphNode = {
        ref: { resource, name, uid, ...(namespace !== undefined && { namespace }) },
        owners: metadata.ownerReferences ?? [],
        finalizers: metadata.finalizers ?? [],
        deleting: metadata.deletionTimestamp !== undefined,
      };
      const old = nodes.get(uid);
      if (old !== undefined) unlink(old);
      nodes.set(uid, node);
      for (const owner of node.owners) {
        const set = dependents.get(owner.uid) ?? new Set();
        dependents.set(owner.uid, set);
        set.add(uid);
      }
      return node;
    },
    remove(uid) {
      const node = nodes.get(uid);
      if (node !== undefined) unlink(node);
      nodes.delete(uid);
    },
    get: (uid) => nodes.get(uid),
    dependentsOf: (uid) => [...(dependents.get(uid) ?? [])].flatMap((dependent) => nodes.get(dependent) ?? []),
  };
}

/** What an owner reference means for its dependent: the owner is there, waits for it to go, or is gone. */
export type OwnerState = 'solid' | 'waiting' | 'absent';

export type Verdict =
  | { do: 'nothing' }
  /** Some owners remain: only the references to the others go. */
  | { do: 'drop'; uids: string[] }
  | { do: 'delete'; propagation: 'Background' | 'Foreground' | 'Orphan' };

/** Kubernetes' rule for one object whose owners are looked at: it stays as long as one of them is there. */
export function collect(node: GraphNode, states: ReadonlyMap<string, OwnerState>, hasDependents: boolean): Verdict {
  if (node.owners.length === 0 || node.deleting) return { do: 'nothing' };
  const of = (state: OwnerState): string[] =>
    node.owners.map(({ uid }) => uid).filter((uid) => states.get(uid) === state);
  const gone = [...of('absent'), ...of('waiting')];
  if (of('solid').length > 0) return gone.length === 0 ? { do: 'nothing' } : { do: 'drop', uids: gone };
  // The owner waits in the foreground, so what depends on this object has to go first as well.
  if (of('waiting').length > 0 && hasDependents) return { do: 'delete', propagation: 'Foreground' };
  if (node.finalizers.includes(ORPHAN)) return { do: 'delete', propagation: 'Orphan' };
  return { do: 'delete', propagation: node.finalizers.includes(FOREGROUND) ? 'Foreground' : 'Background' };
}
