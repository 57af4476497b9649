/** Schemas shared by all kinds. What is allowed here is checked by `structural.ts` when the CRDs are generated. */
import * as z from 'zod';
import { API_VERSION } from './group.ts';

/** Longest name of a Kubernetes object (DNS subdomain). */
const NAME_MAX = 253;
/** Prompts and results. etcd takes 1.5 MiB an object, so that a longer text could not be stored. */
const PROSE_MAX = 1_048_576;

/** Bounded text: identifiers, URLs, model names. `max` counts characters. */
export const text = (max = 2048) => z.string().max(max);
/** Text that people or models write. */
export const prose = () => z.string().max(PROSE_MAX);
/** Name of a Kubernetes object. May be empty: "required" in this API means present. */
export const objectName = () => z.string().max(NAME_MAX);
export const list = <Item extends z.ZodType>(item: Item, max = 256) => z.array(item).max(max);
/** List merged by `key` under server-side apply. Only for lists whose keys are unique in every stored object. */
export const listMap = <Item extends z.ZodType>(item: Item, key: string, max = 256) =>
  z
    .array(item)
    .max(max)
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': [key] });

/** Map with at most `max` entries. JSON Schema has `maxProperties` for it, zod has no such method. */
export const mapOf = <Value extends z.ZodType>(value: Value, max = 1024) =>
  z
    .record(z.string(), value)
    .refine((map) => Object.keys(map).length <= max, `must have at most ${max} entries`)
    .meta({ maxProperties: max });
export const stringMap = (max = 1024, valueMax = 65_536) => mapOf(text(valueMax), max);
export const stringList = (max = 1024, itemMax = 2048) => list(text(itemMax), max);

/** Go's duration syntax (`90s`, `1h30m`): a text the original cannot decode stops its whole watch. */
export const duration = () =>
  z
    .string()
    .max(64)
    .regex(/^[-+]?(0|(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)$/);
/** RFC 3339, as `metav1.Time`. Not parsed here; the API server checks the format. */
export const time = () => z.string().meta({ format: 'date-time' });
export const int64 = () => z.int().meta({ format: 'int64' });
/** `resource.Quantity`: `500m`, `1Gi`, or a number. */
export const quantity = () =>
  z
    .union([
      z.int(),
      z
        .string()
        .max(64)
        .regex(/^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$/),
    ])
    .meta({
      'x-kubernetes-int-or-string': true,
    });

/** A rule in CEL, which the API server judges objects by before it stores them. `fieldPath` is relative to where the rule stands. */
export interface CelRule {
  rule: string;
  message: string;
  fieldPath?: string;
}

/** `schema` with rules that only the API server judges by: objects that were stored before are read all the same. */
export const ruled = <Schema extends z.ZodType>(schema: Schema, ...rules: CelRule[]): Schema =>
  schema.meta({ 'x-kubernetes-validations': rules }) as Schema;

/** `resource.Quantity` in a field that takes texts alone. May be empty. */
export const quantityText = () =>
  ruled(text(64), { rule: "self == '' || isQuantity(self)", message: 'must be a quantity, such as 500m or 1Gi' });

/** Path within a container or on a node. May be empty. */
export const absolutePath = () =>
  ruled(text(4096), { rule: "self == '' || self.startsWith('/')", message: 'must be an absolute path' });

export const port = () =>
  ruled(z.int32(), { rule: 'self >= 1 && self <= 65535', message: 'must be a port, from 1 to 65535' });

export const count = () => ruled(z.int32(), { rule: 'self >= 0', message: 'must not be negative' });

/** A list of objects, no two of which have the same text in `field`. */
export const listWithout = <Item extends z.ZodType>(twice: string, item: Item) =>
  ruled(list(item), {
    rule: `self.all(one, self.exists_one(other, other.${twice} == one.${twice}))`,
    message: `each ${twice} may be there once`,
  });

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** `metav1.ObjectMeta`, as far as the control plane looks at it. Times are RFC 3339 with whole seconds. */
export interface ObjectMeta {
  /** Empty only in an object that is to be created from `generateName`. */
  name: string;
  generateName?: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
}

const OwnerReferenceSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  name: z.string(),
  uid: z.string(),
  controller: z.boolean().exactOptional(),
  blockOwnerDeletion: z.boolean().exactOptional(),
});

/** Typed clients write `creationTimestamp: null` into manifests, and the API server takes null as absent. */
const withoutNulls = (value: unknown) =>
  value instanceof Object ? Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null)) : value;

/** Loose: the API server sends more, and more with every version. Not part of the CRDs. */
export const ObjectMetaSchema = z.preprocess(
  withoutNulls,
  z.looseObject({
    name: z.string().default(''),
    generateName: z.string().exactOptional(),
    namespace: z.string().exactOptional(),
    uid: z.string().exactOptional(),
    resourceVersion: z.string().exactOptional(),
    generation: z.number().exactOptional(),
    creationTimestamp: z.string().exactOptional(),
    deletionTimestamp: z.string().exactOptional(),
    labels: z.record(z.string(), z.string()).exactOptional(),
    annotations: z.record(z.string(), z.string()).exactOptional(),
    finalizers: z.array(z.string()).exactOptional(),
    ownerReferences: z.array(OwnerReferenceSchema).exactOptional(),
  }),
  // `preprocess` forgets the type of its input, which writers of manifests want checked.
) as unknown as z.ZodType<ObjectMeta, Partial<ObjectMeta>>;

/** `metav1.Condition`, with the bounds that Kubernetes itself gives it. */
export const ConditionSchema = z.object({
  type: z
    .string()
    .max(316)
    .regex(
      /^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$/,
    )
    .describe('type names the condition, in CamelCase.'),
  status: z.enum(['True', 'False', 'Unknown']).describe('status says whether the condition holds.'),
  observedGeneration: int64()
    .min(0)
    .optional()
    .describe('observedGeneration is the metadata.generation that the condition was set from.'),
  lastTransitionTime: time().describe('lastTransitionTime is when status last changed.'),
  reason: z
    .string()
    .min(1)
    .max(1024)
    .regex(/^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/)
    .describe('reason is a CamelCase word for programs: why status last changed.'),
  message: z.string().max(32_768).describe('message explains the condition to people. It may be empty.'),
});
export type Condition = z.output<typeof ConditionSchema>;

export const conditions = () =>
  listMap(ConditionSchema, 'type', 64)
    .optional()
    .describe('conditions are the latest observations of the object, one for each type.');

export const observedGeneration = () =>
  int64().min(0).optional().describe('observedGeneration is the metadata.generation that the status was made from.');

/** Reference to a Secret or the like in the same namespace, as `core/v1`. */
export const LocalObjectReferenceSchema = z
  .object({
    name: objectName().default('').describe('name is the name of the referent in the same namespace.'),
  })
  .meta({ 'x-kubernetes-map-type': 'atomic' });
export type LocalObjectReference = z.output<typeof LocalObjectReferenceSchema>;

export const imagePullSecrets = () =>
  list(LocalObjectReferenceSchema)
    .optional()
    .describe('imagePullSecrets are the Secrets that images of the pods are pulled with.');

/** Plain name and value; no `valueFrom` in this API. */
export const EnvVarSchema = z.object({
  name: text().describe('name of the environment variable.'),
  value: text(131_072).describe('value of the environment variable. It may be empty.'),
});
export type EnvVar = z.output<typeof EnvVarSchema>;

/** apiVersion, kind, metadata and spec of a kind as a schema of whole objects. */
export const resource = <Kind extends string, Spec extends z.ZodType, Status extends z.ZodType>(
  kind: Kind,
  spec: Spec,
  status: Status,
) =>
  z.object({
    apiVersion: z.literal(API_VERSION),
    kind: z.literal(kind),
    metadata: ObjectMetaSchema,
    spec: spec.describe('spec is the desired state, written by people.'),
    status: status.optional().describe('status is the observed state, written by the control plane alone.'),
  });
