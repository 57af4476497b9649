import { readFileSync } from 'node:fs';

/** One node of an OpenAPI v3 schema as generated/builtin-types.json has it. `$ref` names another definition of that file. */
export interface SchemaNode {
  type?: string;
  format?: string;
  $ref?: string;
  properties?: Record<string, SchemaNode>;
  additionalProperties?: SchemaNode | boolean;
  items?: SchemaNode;
  required?: string[];
  enum?: unknown[];
  default?: unknown;
  oneOf?: SchemaNode[];
  'x-struct'?: boolean;
  'x-kubernetes-list-type'?: string;
  'x-kubernetes-list-map-keys'?: string[];
  'x-kubernetes-map-type'?: string;
  'x-kubernetes-patch-strategy'?: string;
  'x-kubernetes-patch-merge-key'?: string;
  'x-kubernetes-preserve-unknown-fields'?: boolean;
  'x-kubernetes-int-or-string'?: boolean;
  'x-kubernetes-embedded-resource'?: boolean;
  [extension: string]: unknown;
}

let definitions: Record<string, SchemaNode> | undefined;

/** All definitions, by their OpenAPI name (`io.k8s.api.core.v1.Pod`). Read once, on first use. */
function builtinDefinitions(): Record<string, SchemaNode> {
  definitions ??= JSON.parse(readFileSync(new URL('./generated/builtin-types.json', import.meta.url), 'utf8'));
  return definitions ?? {};
}

export const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';

export function definition(name: string): SchemaNode {
  const found = builtinDefinitions()[name];
  if (found === undefined) throw new Error(`No definition is named '${name}'`);
  return found;
}
