/**
 * What the structural schemas of custom resources take and give.
 *
 * Objects are plain JSON (`Record<string, unknown>`). No function here changes its arguments; a result shares every
 * part that did not change with what was passed in.
 */

/** A JSON object, such as a Kubernetes resource. */
export type JsonObject = Record<string, unknown>;

/** A rule of `x-kubernetes-validations`. */
export interface ValidationRule {
  readonly rule: string;
  readonly message?: string;
  readonly messageExpression?: string;
  readonly reason?: 'FieldValueInvalid' | 'FieldValueForbidden' | 'FieldValueRequired' | 'FieldValueDuplicate';
  /** A path below the rule's own field, such as `.spec.model` or `['a-b']`. */
  readonly fieldPath?: string;
  readonly optionalOldSelf?: boolean;
}

/** JSONSchemaProps of apiextensions.k8s.io/v1. */
export interface JsonSchema {
  readonly type?: string;
  readonly format?: string;
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly example?: unknown;
  readonly externalDocs?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: boolean;
  readonly exclusiveMaximum?: boolean;
  readonly multipleOf?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly allOf?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly not?: JsonSchema;
  readonly nullable?: boolean;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-embedded-resource'?: boolean;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-map-type'?: 'granular' | 'atomic';
  readonly 'x-kubernetes-validations'?: readonly ValidationRule[];
}

/** Reasons of `status.details.causes[].reason`, as in metav1. */
export type CauseReason =
  | 'FieldValueRequired'
  | 'FieldValueInvalid'
  | 'FieldValueTypeInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueDuplicate'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany';

/** One entry of `status.details.causes`; `message` is without the field, as the real server has it there. */
export interface Cause {
  readonly reason: CauseReason;
  readonly message: string;
  readonly field: string;
}

/** What pruning gives: the object without unknown fields, and the paths (`spec.a`, `spec.list[0].b`) it left out. */
export interface Pruned {
  readonly value: JsonObject;
  readonly unknownPaths: readonly string[];
}

/** A schema made ready once, to be used for many objects. */
export interface CompiledSchema {
  readonly schema: JsonSchema;
  /** Leaves out what the schema does not know. `apiVersion`, `kind` and `metadata` stay at the root. */
  prune(object: JsonObject): Pruned;
  /** Fills in `default`s, and drops nulls where a default exists and null is not allowed. */
  default(object: JsonObject): JsonObject;
  /**
   * Everything wrong with the object by the schema and its CEL rules; empty when valid. With `old` (an update, also of
   * `/status`) values that did not change are not judged again (ratcheting) and transition rules are run.
   */
  validate(object: JsonObject, old?: JsonObject): readonly Cause[];
}
