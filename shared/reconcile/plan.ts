import type { KubeObject } from '../kube/objects.ts';
import type { ObjectRef, Resource } from '../kube/resources.ts';
import type { MemoryOwner } from '../memory/capability.ts';

/** A message for the bus. `id` de-duplicates: the same id is stored once, however often it is published. */
export interface BusMessage {
  id: string;
  subject: string;
  /** The envelope, or whatever the subject's contract says; plain JSON. */
  payload: unknown;
}

/**
 * One write. A plan lists them in order; the executor stops at the first that fails, and the next pass plans anew from
 * what then is. So each must be safe to repeat.
 */
export type Action =
  /** Server-side apply, forced, of an object that this reconciler builds whole. */
  | { verb: 'apply'; resource: Resource; object: KubeObject }
  /**
   * An object whose name stands for its cause, made once and left alone from then on. One that exists is done when the primary
   * is its controller, and refused when not.
   */
  | { verb: 'create'; resource: Resource; object: KubeObject }
  /** Merge patch of a few fields of another object. One that is gone, or another of its name, is left alone. */
  | { verb: 'patch'; target: ObjectRef; change: { metadata?: object; spec?: object } }
  /**
   * The whole object, with the precondition that nobody wrote it since it was observed: its `resourceVersion` as read, none
   * when it did not exist. For what several passes share, where the first must win.
   */
  | { verb: 'replace'; resource: Resource; object: KubeObject }
  /** A Secret that `object` describes, with the data of another: no plan holds it. One that is gone by then ends the pass. */
  | { verb: 'copySecret'; from: { namespace: string; name: string }; object: KubeObject }
  /** Status of the primary, with the precondition that nobody wrote the primary since it was observed. */
  | { verb: 'applyStatus'; status: object }
  /** Finalizers, labels or annotations of the primary, with the same precondition. `null` removes a key. */
  | { verb: 'patchMetadata'; metadata: MetadataPatch }
  /** An Event about the primary. Best effort: one that cannot be written, or was before, keeps no pass from its work. */
  | { verb: 'event'; event: KubeObject }
  | { verb: 'delete'; target: ObjectRef; propagation: 'Background' | 'Foreground' }
  /** Something for agents to recall; the same is kept once. Best effort: a memory that is away keeps no pass from its work. */
  | { verb: 'remember'; memory: NewMemory }
  /** Done once the bus has stored the message. */
  | { verb: 'publish'; message: BusMessage };

interface MetadataPatch {
  finalizers?: string[];
  labels?: Record<string, string | null>;
  annotations?: Record<string, string | null>;
}

/** A memory for one owner. `tags` are what it can be listed by. */
export interface NewMemory {
  owner: MemoryOwner;
  content: string;
  tags: string[];
}

/** What one pass decided. `reason` says why, in words, for `explain`; it decides nothing. */
export interface Plan {
  actions: Action[];
  reason: string;
  /** Seconds after which the key is looked at again, though no event came. Computed from stored times, never from attempts. */
  requeueAfterSeconds?: number;
}

export const settled = (reason: string): Plan => ({ actions: [], reason });
