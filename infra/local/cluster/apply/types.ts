/**
 * What the patch types take and give: server-side apply with field ownership, strategic merge, JSON patch, merge patch.
 *
 * Objects are plain JSON. No function changes its arguments; a result shares what did not change with them.
 */

/** A JSON object, such as a Kubernetes resource. */
export type JsonObject = Record<string, unknown>;

/** One value that has no parts with owners of their own. */
export interface ScalarType {
  readonly kind: 'scalar';
  /** What an applied configuration must hold here; anything when absent. */
  readonly scalar?: 'string' | 'numeric' | 'boolean';
}

/** A type nobody declared: maps are granular, lists are atomic, all the way down. */
export interface DeducedType {
  readonly kind: 'deduced';
}

/** The type of a key of an object; `declared` when it is a named field (a free key is itself an owned item). */
export interface FieldType {
  readonly type: TypeInfo;
  readonly declared: boolean;
}

/** An object: with named fields (a struct), with free keys (a map), or both. */
export interface MapType {
  readonly kind: 'map';
  /** Owned and replaced as one value. */
  readonly atomic: boolean;
  /** The type of a key's value; undefined for a key that an applied configuration must not have. */
  readonly field: (name: string) => FieldType | undefined;
  /** A union by Go's `patchStrategy:"retainKeys"`. Strategic merge goes by the patch's `$retainKeys` alone. */
  readonly retainKeys?: boolean;
  /** Fields that the real server's Go struct always has, so that they are never owned for being there. */
  readonly alwaysPresent?: readonly string[];
}

/** A list. `strategic` says how strategic merge sees it where that differs from `list`. */
export interface ListType {
  readonly kind: 'list';
  readonly list: 'atomic' | 'set' | 'map';
  /** Of a list of type map; an absent key counts with its default. */
  readonly keys: readonly string[];
  readonly keyDefaults?: Readonly<Record<string, unknown>>;
  readonly item: TypeInfo;
  readonly strategic?: { readonly merge: boolean; readonly key?: string };
}

/** How values of a type are merged and owned. From a CRD's schema by `schemaType`, or from the built-in kinds' OpenAPI. */
export type TypeInfo = ScalarType | DeducedType | MapType | ListType;

/** An entry of `metadata.managedFields`. */
export interface ManagedFieldsEntry {
  readonly manager?: string;
  readonly operation?: 'Apply' | 'Update';
  readonly apiVersion?: string;
  readonly time?: string;
  readonly fieldsType?: string;
  readonly fieldsV1?: JsonObject;
  readonly subresource?: string;
}

/** Who writes, when, and through what. */
export interface Writer {
  /** The field manager's name. */
  readonly manager: string;
  readonly typeInfo: TypeInfo;
  /** The group version the request is in, such as `apps/v1`. */
  readonly apiVersion: string;
  /** `status`, `scale`, … or undefined for the object itself. */
  readonly subresource?: string;
  readonly now: Date;
  /**
   * Paths (dots between fields) that the endpoint does not write and so nobody comes to own through it: `['status']`
   * for an object with a status subresource, `['spec']` for its `/status`.
   */
  readonly resetFields?: readonly string[];
}

export interface ApplyRequest extends Writer {
  /** The stored object; undefined when the apply creates it. */
  readonly live?: JsonObject;
  /** The applied configuration, with apiVersion, kind and metadata.name. */
  readonly patch: JsonObject;
  readonly force: boolean;
}

/** One entry of the Conflict status's causes (reason `FieldManagerConflict`). */
export interface ApplyConflict {
  readonly manager: string;
  /** As the real server writes it, such as `.spec.containers[name="a"].image`. */
  readonly field: string;
  /** `conflict with "a" using apps/v1`. */
  readonly message: string;
}

export type ApplyOutcome =
  /** `changed` is false when nothing but the time would differ: then `object` is `live` itself and need not be stored. */
  | { readonly object: JsonObject; readonly changed: boolean }
  /** 409. `message` is the status's message: `Apply failed with 1 conflict: …`. */
  | { readonly conflicts: readonly ApplyConflict[]; readonly message: string }
  /** 400 or 422, in the real server's words. */
  | { readonly error: PatchError };

export interface UpdateRequest extends Writer {
  /** The stored object; undefined for a create. */
  readonly live?: JsonObject;
  /** What is about to be stored; its own metadata.managedFields is taken as the client's wish. */
  readonly next: JsonObject;
}

export interface PatchError {
  readonly code: 400 | 413 | 422 | 500;
  readonly message: string;
}

export type PatchOutcome = { readonly object: JsonObject } | { readonly error: PatchError };
