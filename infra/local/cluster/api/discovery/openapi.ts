import type { ClusterState } from '../cluster-state.ts';
import type { ResourceType } from '../kinds/resource-type.ts';
import { pathNotFound } from '../status.ts';
import { definition, META, type SchemaNode } from '../types/builtin-types.ts';

type Json = Record<string, unknown>;

function withRefs(node: unknown, used: Set<string>): unknown {
  if (Array.isArray(node)) return node.map((item) => withRefs(item, used));
  if (typeof node !== 'object' || node === null) return node;
  const out: Json = {};
  for (const [key, value] of Object.entries(node)) {
    if (key === 'x-struct') continue;
    if (key === '$ref' && typeof value === 'string') {
      used.add(value);
      out['allOf'] = [{ $ref: `#/components/schemas/${value}` }];
    } else out[key] = withRefs(value, used);
  }
  return out;
}

/** The definitions named and all that they name. */
function closure(names: readonly string[]): Json {
  const schemas: Json = {};
  const todo = [...names];
  for (let name = todo.pop(); name !== undefined; name = todo.pop()) {
    if (name in schemas) continue;
    const used = new Set<string>();
    schemas[name] = withRefs(definition(name), used);
    todo.push(...used);
  }
  return schemas;
}

function customDefinition({ group, version, kind }: ResourceType): string {
  return `${group.split('.').reverse().join('.')}.${version}.${kind}`;
}

function customSchema(type: ResourceType): Json {
  const schema = type.custom?.schema.schema as SchemaNode | undefined; // JSONSchemaProps are SchemaNodes without references.
  const properties: Json = {
    ...schema?.properties,
    apiVersion: {
      type: 'string',
      description: 'APIVersion defines the versioned schema of this representation of an object.',
    },
    kind: { type: 'string', description: 'Kind is the REST resource this object represents.' },
    metadata: {
      description: 'Standard object metadata.',
      allOf: [{ $ref: `#/components/schemas/${META}.ObjectMeta` }],
    },
  };
  return { ...schema, properties, 'x-kubernetes-group-version-kind': [gvkOf(type)] };
}

const gvkOf = ({ group, version, kind }: ResourceType): Json => ({ group, version, kind });
const QUERY = (name: string): Json => ({ name, in: 'query', schema: { type: 'string', uniqueItems: true } });
const PARAMETERS = {
  create: [QUERY('dryRun'), QUERY('fieldManager'), QUERY('fieldValidation')],
  patch: [QUERY('dryRun'), QUERY('fieldManager'), QUERY('fieldValidation'), QUERY('force')],
};

function operation(type: ResourceType, action: string, ref: string, parameters: Json[] = []): Json {
  const content = { 'application/json': { schema: { $ref: ref } } };
  return {
    operationId: `${action}${type.kind}`,
    parameters,
    responses: { 200: { description: 'OK', content } },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': gvkOf(type),
  };
}

function pathsOf(type: ResourceType, ref: string): Json {
  const base = type.group === '' ? '/api/v1' : `/apis/${type.apiVersion}`;
  const collection = `${base}${type.namespaced ? '/namespaces/{namespace}' : ''}/${type.resource}`;
  const has = (verb: string): boolean => type.verbs.includes(verb);
  return {
    [collection]: {
      ...(has('list') ? { get: operation(type, 'list', ref) } : {}),
      ...(has('create') ? { post: operation(type, 'post', ref, PARAMETERS.create) } : {}),
    },
    [`${collection}/{name}`]: {
      ...(has('get') ? { get: operation(type, 'get', ref) } : {}),
      ...(has('update') ? { put: operation(type, 'put', ref, PARAMETERS.create) } : {}),
      ...(has('patch') ? { patch: operation(type, 'patch', ref, PARAMETERS.patch) } : {}),
      ...(has('delete') ? { delete: operation(type, 'delete', ref, [QUERY('dryRun')]) } : {}),
    },
  };
}

/** The OpenAPI v3 document of one group version, at `/openapi/v3/<path>`. */
export function openApiDocument(cluster: ClusterState, path: string): Json {
  const apiVersion = path.replace(/^apis?\//, '');
  const types = cluster.registry.all().filter((type) => type.apiVersion === apiVersion);
  if (types.length === 0) throw pathNotFound();
  const schemas = closure([
    `${META}.ObjectMeta`,
    `${META}.DeleteOptions`,
    `${META}.Status`,
    ...types.flatMap((type) => type.definition ?? []),
  ]);
  const paths: Json = {};
  for (const type of types) {
    const name = type.definition ?? customDefinition(type);
    if (type.custom !== undefined) schemas[name] = customSchema(type);
    Object.assign(paths, pathsOf(type, `#/components/schemas/${name}`));
  }
  return { openapi: '3.0.0', info: { title: 'Kubernetes', version: 'v1.34.4' }, paths, components: { schemas } };
}

/** Where the documents are. The hash changes with the registry, so that clients know when theirs is old. */
export function openApiIndex(cluster: ClusterState): Json {
  const versions = new Set(
    cluster.registry.all().map(({ group, apiVersion }) => (group === '' ? `api/${apiVersion}` : `apis/${apiVersion}`)),
  );
  const hash = cluster.registry.revision;
  return {
    paths: Object.fromEntries(
      [...versions].map((path) => [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }]),
    ),
  };
}
