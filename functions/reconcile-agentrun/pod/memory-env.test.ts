import { describe, expect, it } from 'vitest';
import { LABELS } from '../../../crds/labels.ts';
import type { PersonaPack } from '../../../crds/personapack.ts';
import { openToken } from '../../../shared/memory/capability.ts';
import { loadRunConfig } from '../config.ts';
import { anAgentRun, anInstance, aStarting, CONFIG, later } from '../fixtures.ts';
import type { Starting } from '../observed.ts';
import { planAgentRun } from '../plan.ts';
import { buildOf } from '../start/start.ts';
import { jobFor } from './job.ts';

const REMEMBERING = loadRunConfig({ POD_MEMORY_SECRET: 'key', POD_MEMORY_URL: 'http://relay:8789' });
const SKILLS = [{ skillPackRef: 'memory' }];
const personaLabels = { [LABELS.personaPack]: 'crew', [LABELS.persona]: 'reader' };

function podOf(seen: Starting, config = REMEMBERING) {
  const build = buildOf(seen, config);
  if (build === undefined) throw new Error('A pod needs an instance');
  return jobFor(build).spec.template.spec;
}

const envOf = (seen: Starting): Record<string, string | undefined> =>
  Object.fromEntries((podOf(seen).containers[0]?.env ?? []).map(({ name, value }) => [name, value]));

const opened = (url: string | undefined) => openToken(['key'], url?.split('/').at(-1) ?? '');

function aPack(
  accessRules: { persona: string; access: 'read-write' | 'read-only' }[] = [],
  enabled = true,
): PersonaPack {
  return {
    apiVersion: 'sympozium.ai/v1alpha1',
    kind: 'PersonaPack',
    metadata: { name: 'crew', namespace: 'team' },
    spec: { personas: [], workflowType: 'autonomous', sharedMemory: { enabled, storageSize: '1Gi', accessRules } },
  };
}

const ofPersona = (personaPack: PersonaPack) => aStarting({ instance: anInstance({}, personaLabels), personaPack });

describe('a run with the skill memory', () => {
  it.each([
    ['its own', aStarting({ primary: anAgentRun({ spec: { skills: SKILLS } }) })],
    ["its instance's", aStarting({ instance: anInstance({ skills: SKILLS }) })],
    ['with the prefix', aStarting({ instance: anInstance({ skills: [{ skillPackRef: 'skillpack-memory' }] }) })],
  ])(
    "%s: the agent gets the address of its instance's memory, and mounts and waits for nothing [RUN-039] [RUN-040] [RUN-W54]",
    (_, seen) => {
      const url = envOf(seen)['MEMORY_SERVER_URL'];
      expect(url).toMatch(/^http:\/\/relay:8789\/memory\/[\w.-]+$/);
      const owner = { kind: 'instance', namespace: 'team', name: 'inst' };
      expect(opened(url)).toEqual({ owner, access: 'read-write' });
      const { volumes, initContainers } = podOf(seen) as ReturnType<typeof podOf> & { initContainers?: unknown };
      expect(volumes.map(({ name }) => name)).not.toContain('memory-db');
      expect(initContainers ?? []).toEqual([]);
    },
  );

  it('no other run has an address of a memory [RUN-039]', () => {
    expect(Object.keys(envOf(aStarting())).filter((name) => name.includes('MEMORY'))).toEqual([]);
  });

  it('without a memory to be had it waits, then fails and says what to set [RUN-014] [RUN-015]', () => {
    const seen = aStarting({ primary: anAgentRun({ spec: { skills: SKILLS } }) });
    const waiting = planAgentRun(seen, later(119), CONFIG);
    expect(waiting.actions.filter(({ verb }) => verb !== 'patchMetadata')).toEqual([]);
    expect(waiting.requeueAfterSeconds).toBeLessThanOrEqual(5);
    const failed = planAgentRun(seen, later(121), CONFIG);
    const status = failed.actions.find((action) => action.verb === 'applyStatus')?.status;
    expect(status).toMatchObject({ phase: 'Failed', error: expect.stringContaining('POD_MEMORY_SECRET') });
  });

  it('needs no server of its instance, which might have no ready replica: it begins at once [RUN-016] [CTL-WI3]', () => {
    const seen = aStarting({ primary: anAgentRun({ spec: { skills: SKILLS } }) });
    const { actions } = planAgentRun(seen, later(0), REMEMBERING);
    expect(actions.flatMap((action) => ('object' in action ? [action.object.kind] : []))).toEqual(['Job', 'ConfigMap']);
  });
});

describe('a run of a persona whose pack shares a memory', () => {
  it.each([
    ['no rule', [], 'read-write'],
    ['a rule for another persona', [{ persona: 'lead', access: 'read-only' }], 'read-write'],
    ['a rule for it', [{ persona: 'reader', access: 'read-only' }], 'read-only'],
    [
      'two rules for it',
      [
        { persona: 'reader', access: 'read-only' },
        { persona: 'reader', access: 'read-write' },
      ],
      'read-only',
    ],
  ] as const)('with %s: the address itself gives the access [RUN-021] [API-W57] [CTL-WP12]', (_, rules, access) => {
    const env = envOf(ofPersona(aPack([...rules])));
    expect(env['WORKFLOW_MEMORY_ACCESS']).toBe(access);
    const owner = { kind: 'pack', namespace: 'team', name: 'crew' };
    expect(opened(env['WORKFLOW_MEMORY_SERVER_URL'])).toEqual({ owner, access });
  });

  it('has none when the pack shares none, or is gone [RUN-021]', () => {
    const { personaPack: _, ...gone } = ofPersona(aPack());
    for (const seen of [ofPersona(aPack([], false)), gone]) {
      expect(Object.keys(envOf(seen))).not.toContain('WORKFLOW_MEMORY_SERVER_URL');
    }
  });
});

describe('legacy memory', () => {
  it("is the instance's ConfigMap, where the instance has it and nowhere else [RUN-038]", () => {
    const legacy = aStarting({ instance: anInstance({ memory: { enabled: true, maxSizeKB: 256 } }) });
    const volume = { name: 'memory', configMap: { name: 'inst-memory', optional: true } };
    expect(podOf(legacy).volumes).toContainEqual(volume);
    expect(podOf(legacy).containers[0]?.volumeMounts).toContainEqual({
      name: 'memory',
      mountPath: '/memory',
      readOnly: true,
    });
    expect(envOf(legacy)['MEMORY_ENABLED']).toBe('true');
    expect(podOf(aStarting()).volumes.map(({ name }) => name)).not.toContain('memory');
    expect(envOf(aStarting())['MEMORY_ENABLED']).toBeUndefined();
  });
});
