import * as z from 'zod';
import { AdmitEnvironmentSchema } from '../../functions/admit/config.ts';
import { ApiEnvironmentSchema } from '../../functions/api/config.ts';
import { RunEnvironmentSchema } from '../../functions/reconcile-agentrun/config.ts';
import { McpServerEnvironmentSchema } from '../../functions/reconcile-mcpserver/config.ts';
import { PackEnvironmentSchema } from '../../functions/reconcile-personapack/config.ts';
import { InstanceEnvironmentSchema } from '../../functions/reconcile-sympoziuminstance/config.ts';
import { ScheduleRouteEnvironmentSchema } from '../../functions/route-schedule/config.ts';
import { RunSweepEnvironmentSchema } from '../../functions/sweep-agentruns/config.ts';
import type { FunctionManifest } from '../../shared/manifest.ts';
import { ShellEnvironmentSchema } from '../../shared/reconcile/function.ts';
import { SweepEnvironmentSchema } from '../../shared/sweep/config.ts';
import { HostEnvironmentSchema } from '../host/config.ts';
import { RelayEnvironmentSchema } from '../relay/config.ts';
import { type EnvVariable, LOCAL_SECTIONS, PLATFORM_SECTIONS, POD_SECTIONS } from './env-variables.ts';
import { code, table } from './markdown.ts';

/** What each function reads beyond `ShellEnvironmentSchema`. */
const FUNCTION_SCHEMAS: Readonly<Record<string, z.ZodType>> = {
  api: ApiEnvironmentSchema,
  admit: AdmitEnvironmentSchema,
  'reconcile-agentrun': RunEnvironmentSchema,
  'reconcile-mcpserver': McpServerEnvironmentSchema,
  'reconcile-personapack': PackEnvironmentSchema,
  'reconcile-skillpack': z.object({}),
  'reconcile-sympoziumconfig': z.object({}),
  'reconcile-sympoziumpolicy': z.object({}),
  'reconcile-sympoziumschedule': z.object({}),
  'route-schedule': ScheduleRouteEnvironmentSchema,
  'route-spawn': z.object({}),
  'sweep-agentruns': RunSweepEnvironmentSchema,
  'sweep-schedules': SweepEnvironmentSchema,
  'reconcile-sympoziuminstance': InstanceEnvironmentSchema,
};

const INTRODUCTION = `# Environment variables

A blank variable counts as unset. A program that cannot work with its environment does not start, and names every variable
that is wrong, without its value. **Required** variables have no default.
`;

/** `docs/env.md`: every environment variable of every program. Throws when a function is missing here. */
export function envPage(manifests: readonly FunctionManifest[]): string {
  const called = manifests.filter(
    ({ reconciles, subjects, admits }) => (reconciles ?? subjects ?? admits) !== undefined,
  );
  const names = called.map(({ name }) => code(name));
  return [
    INTRODUCTION,
    section('The host', 'Besides these, what its functions read.', variablesOf(HostEnvironmentSchema)),
    section('The relay', '', variablesOf(RelayEnvironmentSchema)),
    section('Functions that the relay calls', `Each of ${names.join(', ')}.`, variablesOf(ShellEnvironmentSchema)),
    ...manifests.flatMap(({ name }) => {
      const variables = variablesOf(schemaOf(name));
      return variables.length === 0 ? [] : [section(`Function ${code(name)}`, '', variables)];
    }),
    ...[...PLATFORM_SECTIONS, ...LOCAL_SECTIONS, ...POD_SECTIONS].map(({ title, about, variables }) =>
      section(title, about, variables),
    ),
  ].join('\n');
}

function schemaOf(name: string): z.ZodType {
  const schema = FUNCTION_SCHEMAS[name];
  if (schema === undefined) throw new Error(`infra/generate/env-page.ts knows no environment of function ${name}`);
  return schema;
}

/** JSON form of an environment's schema, as far as it is shown. */
const JsonFormSchema = z.object({
  properties: z.record(z.string(), z.object({ default: z.unknown().optional(), description: z.string() })),
  required: z.array(z.string()).default([]),
});

function variablesOf(schema: z.ZodType): EnvVariable[] {
  const { properties, required } = JsonFormSchema.parse(z.toJSONSchema(schema, { io: 'input' }));
  return Object.entries(properties).map(([name, { default: fallback, description: meaning }]) => ({
    name,
    ...(fallback !== undefined && { fallback: code(String(fallback)) }),
    ...(required.includes(name) && { fallback: '**required**' }),
    meaning,
  }));
}

function section(title: string, about: string, variables: readonly EnvVariable[]): string {
  const rows = variables.map(({ name, fallback = '', meaning }) => [code(name), fallback, meaning]);
  return [
    `## ${title}`,
    '',
    ...(about === '' ? [] : [about, '']),
    table(['Variable', 'Default', 'Meaning'], rows),
  ].join('\n');
}
