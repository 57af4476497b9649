import type { TypeInfo } from '../../apply/types.ts';
import type { CompiledSchema } from '../../schema/types.ts';
import type { KubeObject } from '../object.ts';
import type { Cause, Subject } from '../status.ts';

export interface PrinterColumn {
  name: string;
  type: string;
  format?: string;
  description?: string;
  priority?: number;
  /** Of a custom resource: where the cell's value is. */
  jsonPath?: string;
  cell?: (object: KubeObject, now: Date) => unknown;
}

/** What a kind does beyond what all do. `default` and the prepare functions may change the object they are given: it is a fresh copy. */
export interface KindRules {
  default?: (object: KubeObject) => void;
  prepareCreate?: (object: KubeObject) => void;
  prepareUpdate?: (next: KubeObject, old: KubeObject) => void;
  validate?: (object: KubeObject, old?: KubeObject) => Cause[];
  /** Only of writes through `/status`. */
  validateStatus?: (object: KubeObject, old: KubeObject) => Cause[];
  /** How names are checked; a DNS subdomain when absent. */
  name?: 'dns-label' | 'dns-1035-label' | 'path-segment';
  /** Changes to anything but metadata and status raise `metadata.generation`; some kinds have none. */
  generation?: boolean;
  /** Changes of annotations count, too. */
  generationOfAnnotations?: boolean;
  columns?: PrinterColumn[];
  /** Extra fields of a field selector, and their values. */
  selectable?: (object: KubeObject) => Record<string, string>;
  /** Finalizer-like field and grace of deletion are handled by the delete verb for these. */
  graceful?: boolean;
}

/** One resource as one version of one group serves it. */
export interface ResourceType extends Subject {
  readonly version: string;
  readonly apiVersion: string;
  readonly singular: string;
  readonly listKind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
  readonly subresources: ReadonlySet<string>;
  /** Where its objects are kept; two versions of a kind share it. */
  readonly storage: string;
  /** The version objects are stored in. */
  readonly storageApiVersion: string;
  readonly rules: KindRules;
  /** OpenAPI name of a built-in kind. */
  readonly definition?: string;
  readonly custom?: CustomVersion;
  /** How server-side apply and strategic merge see it. */
  readonly typeInfo: () => TypeInfo;
}

interface CustomVersion {
  readonly schema: CompiledSchema;
  readonly crdName: string;
  readonly scalePaths?: { spec: string; status: string; selector?: string };
  readonly selectableFields: readonly string[];
  readonly deprecationWarning?: string;
}

export const CUSTOM_VERBS = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];
export const ALL_VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
