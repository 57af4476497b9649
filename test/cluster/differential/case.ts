/**
 * One request of a case, as data. In `call` and `body`, `{ns}` is the case's own namespace, `{id}` its own word for
 * cluster-scoped names, and `{name}` whatever an earlier step saved as `name`.
 */
export interface Step {
  /** `GET /api/v1/namespaces/{ns}/pods?limit=1` */
  call: string;
  /** JSON unless it is a string. */
  body?: unknown;
  /** Content type; JSON for POST and PUT, and always given for PATCH. */
  type?: string;
  headers?: Record<string, string>;
  /** Variable → dotted path in the answer. */
  save?: Record<string, string>;
  /** Only there for the steps that follow: its answer is not compared. */
  silent?: boolean;
  /** Asks again until the answer has this status, for what the real server does in the background. */
  until?: number;
}

export interface DifferentialCase {
  name: string;
  steps: Step[];
}

export const JSON_PATCH = 'application/json-patch+json';
export const MERGE_PATCH = 'application/merge-patch+json';
export const STRATEGIC_PATCH = 'application/strategic-merge-patch+json';
export const APPLY_PATCH = 'application/apply-patch+yaml';
export const TABLE = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' };
export const PARTIAL = { accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json' };
export const PARTIAL_LIST = {
  accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json',
};

export const NS = '/api/v1/namespaces/{ns}';
