/** A schema made ready: children by name, patterns compiled, and what its subtree asks for. */
import { formatCheck, goPattern } from './formats.ts';
import type { JsonSchema } from './types.ts';

export interface SchemaNode {
  readonly schema: JsonSchema;
  readonly properties: ReadonlyMap<string, SchemaNode>;
  /** Of free keys; true when anything may be there. */
  readonly additional: SchemaNode | boolean;
  readonly items: SchemaNode | undefined;
  readonly preserve: boolean;
  readonly embedded: boolean;
  readonly pattern: RegExp | undefined;
  readonly format: ((text: string) => boolean) | undefined;
  readonly required: readonly string[];
  readonly allOf: readonly SchemaNode[];
  readonly anyOf: readonly SchemaNode[];
  readonly oneOf: readonly SchemaNode[];
  readonly not: SchemaNode | undefined;
  /** Whether a rule of `x-kubernetes-validations` is here or below. */
  readonly hasRules: boolean;
}

/** Makes a schema and all below it ready. */
export function schemaNode(schema: JsonSchema): SchemaNode {
  const properties = new Map(
    Object.entries(schema.properties ?? {}).map(([name, property]) => [name, schemaNode(property)]),
  );
  const { additionalProperties } = schema;
  const additional =
    typeof additionalProperties === 'object' ? schemaNode(additionalProperties) : additionalProperties === true;
  const items = schema.items && schemaNode(schema.items);
  const below = [
    ...properties.values(),
    ...(typeof additional === 'object' ? [additional] : []),
    ...(items ? [items] : []),
  ];
  return {
    schema,
    properties,
    additional,
    items,
    preserve: schema['x-kubernetes-preserve-unknown-fields'] === true,
    embedded: schema['x-kubernetes-embedded-resource'] === true,
    pattern: schema.pattern === undefined ? undefined : goPattern(schema.pattern),
    format: formatCheck(schema.format),
    required: schema.required ?? [],
    allOf: (schema.allOf ?? []).map(schemaNode),
    anyOf: (isIntOrString(schema) ? [] : (schema.anyOf ?? [])).map(schemaNode),
    oneOf: (schema.oneOf ?? []).map(schemaNode),
    not: schema.not && schemaNode(schema.not),
    hasRules: (schema['x-kubernetes-validations'] ?? []).length > 0 || below.some((node) => node.hasRules),
  };
}

export function isIntOrString(schema: JsonSchema): boolean {
  return schema['x-kubernetes-int-or-string'] === true;
}

/** The schema of a key's value; true when anything may be there, undefined when the key is not known. */
export function childNode(node: SchemaNode, name: string): SchemaNode | true | undefined {
  const property = node.properties.get(name);
  if (property) return property;
  if (node.additional !== false) return node.additional;
  return node.preserve ? true : undefined;
}
