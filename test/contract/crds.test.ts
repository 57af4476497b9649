import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import type * as z from 'zod';
import { AgentRunSchema } from '../../crds/agentrun.ts';
import { generatedFiles } from '../../crds/generate.ts';
import type { Kind } from '../../crds/group.ts';
import { McpServerSchema } from '../../crds/mcpserver.ts';
import { PersonaPackSchema } from '../../crds/personapack.ts';
import { SkillPackSchema } from '../../crds/skillpack.ts';
import type { Node } from '../../crds/structural-node.ts';
import { SympoziumConfigSchema } from '../../crds/sympoziumconfig.ts';
import { SympoziumInstanceSchema } from '../../crds/sympoziuminstance.ts';
import { SympoziumPolicySchema } from '../../crds/sympoziumpolicy.ts';
import { SympoziumScheduleSchema } from '../../crds/sympoziumschedule.ts';

const SCHEMAS: Readonly<Record<Kind, z.ZodType>> = {
  AgentRun: AgentRunSchema,
  MCPServer: McpServerSchema,
  PersonaPack: PersonaPackSchema,
  SkillPack: SkillPackSchema,
  SympoziumConfig: SympoziumConfigSchema,
  SympoziumInstance: SympoziumInstanceSchema,
  SympoziumPolicy: SympoziumPolicySchema,
  SympoziumSchedule: SympoziumScheduleSchema,
};
const isOurs = (kind: string): kind is Kind => kind in SCHEMAS;

interface Manifest {
  kind: string;
  metadata: { name: string };
  spec?: Record<string, unknown>;
}

const CASES = new URL('golden/', import.meta.url);
const files = (name: string): [string, string][] =>
  readdirSync(CASES)
    .map((folder): [string, URL] => [folder, new URL(`${folder}/${name}`, CASES)])
    .filter(([, url]) => existsSync(url))
    .map(([folder, url]) => [folder, readFileSync(url, 'utf8')]);

/** Every object of our kinds that the original was given. */
const inputs = files('input.yaml').flatMap(([folder, content]) =>
  parseAllDocuments(content)
    .map((document): Manifest => document.toJS())
    .flatMap((object) =>
      isOurs(object.kind) ? [{ folder, kind: object.kind, name: object.metadata.name, object }] : [],
    ),
);

/** Every status that the original gave one of them, or one that it made itself. */
const statuses = files('output.yaml').flatMap(([folder, content]) => {
  const { inputs = {}, created = {} } = parse(content);
  const all: Record<string, { now?: Manifest; object?: Manifest }> = { ...inputs, ...created };
  return Object.entries(all).flatMap(([name, entry]) => {
    const kind = name.split(' ')[0] ?? '';
    const status = Object.entries(entry.now ?? entry.object ?? {}).find(([key]) => key === 'status')?.[1];
    return isOurs(kind) && status !== undefined ? [{ folder, kind, name, status }] : [];
  });
});

const crds = new Map(
  [...generatedFiles().values()].map((content): [string, Node] => {
    const { spec } = parse(content);
    return [spec.names.kind, spec.versions[0].schema.openAPIV3Schema];
  }),
);

/** What the API server does with the defaults of a structural schema. */
function withDefaults(value: unknown, schema: Node): unknown {
  if (Array.isArray(value)) return value.map((item) => withDefaults(item, schema.items ?? {}));
  if (typeof value !== 'object' || value === null) return value;
  const { properties, additionalProperties } = schema;
  if (typeof additionalProperties === 'object') {
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [key, withDefaults(member, additionalProperties)]),
    );
  }
  const defaults = Object.entries(properties ?? {}).filter(([, field]) => 'default' in field);
  const filled = { ...Object.fromEntries(defaults.map(([name, field]) => [name, field['default']])), ...value };
  return Object.fromEntries(
    Object.entries(filled).map(([name, member]) => [name, withDefaults(member, properties?.[name] ?? {})]),
  );
}

describe('the kinds and the manifests of the original', () => {
  it('are compared over the whole corpus when it is read', () => {
    expect(inputs.length).toBeGreaterThan(100);
    expect(statuses.length).toBeGreaterThan(40);
  });

  it.each(inputs)('keep every field when $kind $name of $folder is parsed', ({ kind, object }) => {
    expect(SCHEMAS[kind].parse(object)).toMatchObject(object);
  });

  it.each(inputs)('get the defaults of the CRD when $kind $name of $folder is parsed', ({ kind, object }) => {
    expect(SCHEMAS[kind].parse(object)).toEqual(withDefaults(object, crds.get(kind) ?? {}));
  });

  it.each(statuses)('keep every field when the status of $name in $folder is parsed', ({ kind, status }) => {
    const given = inputs.find((input) => input.kind === kind);
    expect(SCHEMAS[kind].parse({ ...given?.object, status })).toMatchObject({ status });
  });
});
