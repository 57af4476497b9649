import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { AgentRunSchema } from './agentrun.ts';
import { McpServerSchema } from './mcpserver.ts';
import { PersonaPackSchema } from './personapack.ts';
import { SkillPackSchema } from './skillpack.ts';
import { SympoziumConfigSchema } from './sympoziumconfig.ts';
import { SympoziumInstanceSchema } from './sympoziuminstance.ts';
import { SympoziumPolicySchema } from './sympoziumpolicy.ts';
import { SympoziumScheduleSchema } from './sympoziumschedule.ts';

const SCHEMAS = {
  'agentrun.yaml': AgentRunSchema,
  'mcpserver.yaml': McpServerSchema,
  'personapack.yaml': PersonaPackSchema,
  'skillpack.yaml': SkillPackSchema,
  'sympoziumconfig.yaml': SympoziumConfigSchema,
  'sympoziuminstance.yaml': SympoziumInstanceSchema,
  'sympoziumpolicy.yaml': SympoziumPolicySchema,
  'sympoziumschedule.yaml': SympoziumScheduleSchema,
};
const read = (name: string): string => readFileSync(new URL(`samples/${name}`, import.meta.url), 'utf8');

describe('samples', () => {
  it('are all parsed here when one is added', () => {
    expect(readdirSync(new URL('samples', import.meta.url)).sort()).toEqual(Object.keys(SCHEMAS).sort());
  });

  it.each(Object.entries(SCHEMAS))('%s says what it needs and loses nothing when it is parsed', (name, schema) => {
    const sample = parse(read(name));
    expect(schema.parse(sample)).toMatchObject(sample);
    expect(read(name)).toMatch(/^# [\s\S]*\bNeeds\b/);
  });
});

describe('AgentRunSchema', () => {
  const sample = parse(read('agentrun.yaml'));
  const withSpec = (change: object) => AgentRunSchema.safeParse({ ...sample, spec: { ...sample.spec, ...change } });

  it('takes empty strings when a field is required, which means present', () => {
    const model = { ...sample.spec.model, authSecretRef: '' };
    expect(withSpec({ agentId: '', sessionKey: '', model }).success).toBe(true);
  });

  it.each(['instanceRef', 'agentId', 'sessionKey', 'task', 'model'])('refuses a run when %s is absent', (field) => {
    expect(withSpec({ [field]: undefined }).error?.issues.map(({ path }) => path.join('.'))).toEqual([`spec.${field}`]);
  });

  it('fills in what the API server would when fields with a default are absent', () => {
    expect(withSpec({ lifecycle: {} }).data?.spec).toMatchObject({
      cleanup: 'delete',
      mode: 'task',
      lifecycle: { gateDefault: 'block' },
    });
  });

  it('leaves out lifecycle and its default when it is absent', () => {
    expect(withSpec({ lifecycle: undefined }).data?.spec.lifecycle).toBeUndefined();
  });
});

describe('SkillPackSchema', () => {
  it('keeps an explicit false when the default is true', () => {
    const sample = parse(read('skillpack.yaml'));
    const sidecar = { image: 'x', mountWorkspace: false };
    expect(SkillPackSchema.parse({ ...sample, spec: { skills: [], sidecar } }).spec.sidecar?.mountWorkspace).toBe(
      false,
    );
    expect(
      SkillPackSchema.parse({ ...sample, spec: { skills: [], sidecar: { image: 'x' } } }).spec.sidecar,
    ).toMatchObject({
      mountWorkspace: true,
    });
  });
});
