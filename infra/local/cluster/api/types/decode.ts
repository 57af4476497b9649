/**
 * Decodes an object of a built-in kind as the real server's typed decoder would: unknown fields are dropped and reported, a wrong
 * type is an error with Go's wording, empty optional values vanish (`omitempty`) and embedded structs appear (`status: {}`).
 */
import { isRecord } from '../object.ts';
import { definition, type SchemaNode } from './builtin-types.ts';
import { omitsZero } from './zero.ts';

export class DecodeError extends Error {
  override readonly name = 'DecodeError';
}

interface Field {
  type: Decoder;
  required: boolean;
  struct: boolean;
  omitZero: boolean;
  omitEmpty: boolean;
}

interface Decoding {
  /** The struct that holds the field being decoded, as Go's errors name it. */
  struct: string;
  unknown: string[];
}

type Decoder = (value: unknown, path: string, decoding: Decoding, owner: string) => unknown;

const byName = new Map<string, Decoder>();

/** Go's field paths are without indexes. */
const plain = (path: string): string => path.replace(/\[\d+\]/g, '');

function refuse(value: unknown, path: string, decoding: Decoding, goType: string): never {
  const got = Array.isArray(value)
    ? 'array'
    : value === null
      ? 'null'
      : typeof value === 'boolean'
        ? 'bool'
        : typeof value;
  throw new DecodeError(
    `json: cannot unmarshal ${got} into Go struct field ${decoding.struct}${plain(path)} of type ${goType}`,
  );
}

const scalar =
  (jsType: 'string' | 'boolean', goType: string): Decoder =>
  (value, path, decoding) =>
    typeof value === jsType ? value : refuse(value, path, decoding, goType);

const text = scalar('string', 'string');
const BASE64 = /^[A-Za-z0-9+/]*={0,2}/;

const bytes: Decoder = (value, path, decoding) => {
  if (typeof value !== 'string') return refuse(value, path, decoding, '[]uint8');
  const good = BASE64.exec(value)?.[0].length ?? 0;
  if (good < value.length || value.length % 4 !== 0) throw new DecodeError(`illegal base64 data at input byte ${good}`);
  return value;
};

const bool = scalar('boolean', 'bool');
const anything: Decoder = (value) => value;
const number: Decoder = (value, path, decoding) =>
  typeof value === 'number' ? value : refuse(value, path, decoding, 'float64');

function integer(format: string): Decoder {
  return (value, path, decoding) => {
    if (typeof value !== 'number') return refuse(value, path, decoding, format);
    if (!Number.isInteger(value)) {
      throw new DecodeError(
        `json: cannot unmarshal number ${value} into Go struct field ${decoding.struct}${plain(path)} of type ${format}`,
      );
    }
    return value;
  };
}

const intOrString: Decoder = (value, path, decoding) =>
  typeof value === 'number' || typeof value === 'string' ? value : refuse(value, path, decoding, 'intstr.IntOrString');

const QUANTITY = /^[+-]?(\d+(\.\d*)?|\.\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?$/;

const quantity: Decoder = (value, path, decoding) => {
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'string') return refuse(value, path, decoding, 'resource.Quantity');
  if (!QUANTITY.test(value)) {
    throw new DecodeError(
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    );
  }
  return value;
};

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

function time(micro: boolean): Decoder {
  return (value, path, decoding) => {
    if (typeof value !== 'string') return refuse(value, path, decoding, micro ? 'v1.MicroTime' : 'v1.Time');
    if (value === '') return undefined;
    if (!TIME.test(value)) {
      throw new DecodeError(
        `parsing time "${value}" as "2006-01-02T15:04:05Z07:00": cannot parse "${value}" as "2006"`,
      );
    }
    if (micro)
      return `${new Date(value).toISOString().slice(0, 19)}.${`${/\.(\d+)/.exec(value)?.[1] ?? ''}000000`.slice(0, 6)}Z`;
    return `${new Date(value).toISOString().slice(0, 19)}Z`;
  };
}

function map(values: Decoder, goType: string): Decoder {
  return (value, path, decoding, owner) => {
    if (!isRecord(value)) return refuse(value, path, decoding, `map[string]${goType}`);
    const out: Record<string, unknown> = {};
    for (const [key, item] of Object.entries(value)) {
      out[key] = item === null && goType === 'string' ? '' : values(item, path, decoding, owner);
    }
    return out;
  };
}

function list(items: Decoder, goType: string): Decoder {
  return (value, path, decoding, owner) => {
    if (!Array.isArray(value)) return refuse(value, path, decoding, `[]${goType}`);
    return value.map((item, index) =>
      items(item === null ? emptyOf(goType) : item, `${path}[${index}]`, decoding, owner),
    );
  };
}

const emptyOf = (goType: string): unknown => (goType === 'string' ? '' : {});

function struct(name: string, node: SchemaNode): Decoder {
  const fields = new Map<string, Field>();
  const required = new Set(node.required ?? []);
  for (const [key, child] of Object.entries(node.properties ?? {})) {
    const { $ref, type } = child;
    fields.set(key, {
      type: decoderOf(child, key),
      required: required.has(key),
      struct: child['x-struct'] === true,
      omitZero: omitsZero(shortName(name), key, type),
      omitEmpty:
        !required.has(key) && $ref === undefined && (type === 'array' || type === 'object' || type === 'string'),
    });
  }
  return (value, path, decoding) => {
    if (!isRecord(value)) return refuse(value, path, decoding, `v1.${shortName(name)}`);
    const outer = decoding.struct;
    decoding.struct = shortName(name);
    const decoded = decodeStruct(value, fields, path, decoding);
    decoding.struct = outer;
    return decoded;
  };
}

function decodeStruct(
  value: Record<string, unknown>,
  fields: Map<string, Field>,
  path: string,
  decoding: Decoding,
): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    const field = fields.get(key);
    if (field === undefined) {
      decoding.unknown.push(`${path}.${key}`.slice(1));
      continue;
    }
    if (item === null || item === undefined) continue;
    const decoded = field.type(item, `${path}.${key}`, decoding, key);
    if (decoded === undefined || (field.omitEmpty && isEmpty(decoded)) || (field.omitZero && !decoded)) continue;
    out[key] = decoded;
  }
  for (const [key, field] of fields) {
    if (field.struct && out[key] === undefined) out[key] = field.type({}, `${path}.${key}`, decoding, key);
  }
  return out;
}

function isEmpty(value: unknown): boolean {
  if (value === '') return true;
  if (Array.isArray(value)) return value.length === 0;
  if (typeof value !== 'object') return false;
  for (const _ in value) return false;
  return true;
}

const shortName = (name: string): string => name.slice(name.lastIndexOf('.') + 1);

const SPECIAL: Record<string, Decoder> = {
  'io.k8s.apimachinery.pkg.apis.meta.v1.Time': time(false),
  'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime': time(true),
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': intOrString,
  'io.k8s.apimachinery.pkg.api.resource.Quantity': quantity,
  'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1': anything,
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray': schemaOr(false),
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool': schemaOr(true),
};

/** `items` and `additionalProperties` of a CRD's schema: a schema, or a boolean where that is allowed. */
function schemaOr(orBoolean: boolean): Decoder {
  return (value, path, decoding, owner) => {
    if (orBoolean && typeof value === 'boolean') return value;
    return named('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps')(
      value,
      path,
      decoding,
      owner,
    );
  };
}

function named(name: string): Decoder {
  const known = byName.get(name) ?? SPECIAL[name];
  if (known !== undefined) return known;
  let built: Decoder | undefined;
  // Registered before it is built: definitions refer to themselves.
  const lazy: Decoder = (value, path, decoding, owner) => {
    built ??= build(name);
    return built(value, path, decoding, owner);
  };
  byName.set(name, lazy);
  return lazy;
}

function build(name: string): Decoder {
  const node = definition(name);
  if (node.properties === undefined && node.type !== 'object') return decoderOf(node, name);
  return struct(name, node);
}

function decoderOf(node: SchemaNode, key: string): Decoder {
  if (node.$ref !== undefined) return named(node.$ref);
  switch (node.type) {
    case 'string':
      return node.format === 'byte' ? bytes : text;
    case 'boolean':
      return bool;
    case 'integer':
      return integer(node.format ?? 'int');
    case 'number':
      return number;
    case 'array':
      return list(decoderOf(node.items ?? {}, key), goTypeOf(node.items));
    case 'object':
      if (typeof node.additionalProperties === 'object')
        return map(decoderOf(node.additionalProperties, key), goTypeOf(node.additionalProperties));
      return node.properties === undefined ? anything : struct(key, node);
    default:
      return anything;
  }
}

function goTypeOf(node: SchemaNode | undefined): string {
  if (node?.$ref !== undefined) return `v1.${shortName(node.$ref)}`;
  return node?.type ?? 'interface {}';
}

/** Decodes `value` as the named definition. `unknown` gets the dotted paths of the fields that were dropped. */
export function decodeAs(name: string, value: unknown, unknown: string[] = []): Record<string, unknown> {
  const decoded = named(name)(value, '', { struct: shortName(name), unknown }, '');
  return isRecord(decoded) ? decoded : {};
}
