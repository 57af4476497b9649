import { describe, expect, it } from 'vitest';
import type { AgentRun } from '../../crds/agentrun.ts';
import type { AgentRunStatus } from '../../crds/agentrun-status.ts';
import { FINALIZERS, LABELS } from '../../crds/labels.ts';
import type { SympoziumPolicy } from '../../crds/sympoziumpolicy.ts';
import type { Action, Plan } from '../../shared/reconcile/plan.ts';
import { aJob, anAgentRun, anExecuting, anInstance, aPack, aStarting, CONFIG, later, RUNNING } from './fixtures.ts';
import type { Ending, Observed } from './observed.ts';
import { planAgentRun, planRefusedAgentRun } from './plan.ts';
import { stageOf } from './stage.ts';

const plan = (seen: Observed, seconds = 60): Plan => planAgentRun(seen, later(seconds), CONFIG);

/** Actions in short: verb, and what it is about. */
function shown(action: Action): string {
  switch (action.verb) {
    case 'apply':
    case 'create':
    case 'replace':
    case 'copySecret':
      return `${action.verb} ${action.object.kind} ${action.object.metadata.name}`;
    case 'applyStatus':
      return `status ${(action.status as AgentRunStatus).phase}`;
    case 'patch':
      return `patch ${action.target.name}`;
    case 'delete':
      return `delete ${action.target.resource.kind} ${action.target.name} ${action.propagation}`;
    case 'remember':
      return `remember for ${action.memory.owner.name}`;
    case 'publish':
      return `publish ${action.message.subject}`;
    case 'event':
      return `event ${action.event.metadata.name}`;
    case 'patchMetadata':
      return action.metadata.labels === undefined ? 'claim' : 'mark';
  }
}

const actionsOf = (seen: Observed, seconds?: number): string[] => plan(seen, seconds).actions.map(shown);

function statusOf({ actions }: Plan): AgentRunStatus | undefined {
  const action = actions.findLast(({ verb }) => verb === 'applyStatus');
  return action?.verb === 'applyStatus' ? (action.status as AgentRunStatus) : undefined;
}

const conditionOf = (one: Plan) => statusOf(one)?.conditions?.find(({ type }) => type === 'Succeeded');
const messageOf = ({ actions }: Plan) =>
  actions.flatMap((action) => (action.verb === 'publish' ? [action.message] : []))[0];
const BEGINS = ['create Job run-1', 'apply ConfigMap run-1-input'];
const FAILS = ['status Failed', 'publish sympozium.agent.run.failed', 'mark'];
const payload = {
  data: {
    status: 'success',
    response: 'Three.',
    metrics: { durationMs: 5, inputTokens: 1, outputTokens: 2, toolCalls: 0 },
  },
};
const told = { state: 'read', payload } as const;

describe('a run that begins', () => {
  it('is claimed by the finalizer before anything else [RUN-001]', () => {
    const seen = aStarting({ primary: anAgentRun({ metadata: { finalizers: ['other/one'] } }) });
    expect(actionsOf(seen)).toEqual(['claim', ...BEGINS]);
    expect(plan(seen).actions[0]).toMatchObject({ metadata: { finalizers: ['other/one', FINALIZERS.agentRun] } });
  });

  it('makes the ServiceAccount of its namespace when there is none, and owns it not [RUN-011]', () => {
    const seen = aStarting({ serviceAccountFound: false });
    expect(actionsOf(seen)).toEqual(['apply ServiceAccount sympozium-agent', ...BEGINS]);
    expect(plan(seen).actions[0]).not.toHaveProperty('object.metadata.ownerReferences');
  });

  it('plans byte for byte the same when a cut pass is run again later', () => {
    expect(plan(aStarting(), 100)).toEqual(plan(aStarting(), 5));
  });

  it('is not started again when its Job may have run and expired while nobody looked', () => {
    const late = plan(aStarting(), 250);
    // What an earlier pass may have made is looked for by the next one.
    expect(late).toMatchObject({ requeueAfterSeconds: 1 });
    expect(late.actions.map(shown)).toEqual(['status Failed']);
    expect(conditionOf(late)).toMatchObject({
      reason: 'JobNotFound',
      message: expect.stringContaining('may have run'),
    });
  });

  it('waits for what it refers to, then fails naming it [RUN-003] [RUN-005] [RUN-W11]', () => {
    const missing = [
      {
        seen: aStarting({ instance: undefined }),
        reason: 'InstanceNotFound',
        error: 'policy validation failed: instance "inst" not found',
      },
      {
        seen: aStarting({ instance: anInstance({ policyRef: 'strict' }) }),
        reason: 'PolicyNotFound',
        error: 'policy validation failed: policy "strict" not found',
      },
      {
        seen: aStarting({
          primary: anAgentRun({ spec: { model: { provider: 'p', model: 'm', authSecretRef: 'key' } } }),
          secretFound: false,
        }),
        reason: 'SecretNotFound',
        error: 'Secret "key" not found',
      },
    ];
    for (const { seen, reason, error } of missing) {
      expect(plan(seen, 4)).toMatchObject({ actions: [], requeueAfterSeconds: 6 });
      expect(actionsOf(seen, 10)).toEqual(['status Failed']);
      expect(conditionOf(plan(seen, 10))?.reason).toBe(reason);
      expect(statusOf(plan(seen, 10))?.error).toContain(error);
    }
  });

  it('passes without a policy, and below the depth of its policy as at admission [RUN-004] [RUN-006] [RUN-007] [RUN-W36]', () => {
    const policy = {
      metadata: { name: 'strict', namespace: 'team' },
      spec: { subagentPolicy: { maxDepth: 3, maxConcurrent: 5 } },
    } as SympoziumPolicy;
    const at = (spawnDepth: number) =>
      aStarting({
        policy,
        instance: anInstance({ policyRef: 'strict' }),
        primary: anAgentRun({ spec: { parent: { runName: 'p', sessionKey: '', spawnDepth } } }),
      });
    expect(actionsOf(aStarting())).toEqual(BEGINS);
    expect(actionsOf(at(2))).toEqual(BEGINS);
    expect(statusOf(plan(at(3)))?.error).toBe('policy validation failed: sub-agent depth 3 exceeds max 3');
    expect(statusOf(plan(at(4)))?.error).toBe('policy validation failed: sub-agent depth 4 exceeds max 3');
  });

  it('fails a run that breaks the policy of its namespace, or whose namespace names one that is not there [CTL-WA3]', () => {
    const policy = {
      metadata: { name: 'house', namespace: 'sympozium-system' },
      spec: { featureGates: { 'sub-agents': false } },
    } as unknown as SympoziumPolicy;
    const child = anAgentRun({ spec: { parent: { runName: 'p', sessionKey: '', spawnDepth: 1 } } });
    const held = aStarting({ primary: child, floor: { name: 'house', by: 'label', policy } });
    expect(statusOf(plan(held))?.error).toBe(
      "policy validation failed: feature gate 'sub-agents' is disabled by policy",
    );
    const lost = aStarting({ floor: { name: 'gone', by: 'label x of Namespace "team"', policy: undefined } });
    expect(actionsOf(lost, 4)).toEqual([]);
    expect(statusOf(plan(lost, 10))?.error).toContain('"gone" not found (named by label x of Namespace "team")');
  });

  it('inherits the skills of its instance, but not from the web proxy [RUN-012] [RUN-013]', () => {
    const instance = anInstance({ skills: [{ skillPackRef: 'ops' }] });
    const packs = { ops: aPack('ops') };
    const containers = (primary: AgentRun) => {
      const job = plan(aStarting({ primary, instance, packs })).actions.find(
        ({ verb, ...one }) => verb === 'create' && 'object' in one && one.object.kind === 'Job',
      );
      return JSON.stringify(job).includes('skill-ops');
    };
    expect(containers(anAgentRun())).toBe(true);
    expect(containers(anAgentRun({ metadata: { labels: { [LABELS.source]: 'web-proxy' } } }))).toBe(false);
  });

  it('copies the texts of a pack of the system into an object of its own [RUN-058] [RUN-W20]', () => {
    const seen = aStarting({
      primary: anAgentRun({ spec: { skills: [{ skillPackRef: 'ops' }] } }),
      packs: { ops: aPack('ops', {}, 'sympozium-system') },
    });
    expect(actionsOf(seen)).toEqual(['apply ConfigMap run-1-skill-ops', ...BEGINS]);
  });

  it('starts when a skill has no pack [RUN-018]', () => {
    expect(actionsOf(aStarting({ primary: anAgentRun({ spec: { skills: [{ skillPackRef: 'none' }] } }) }))).toEqual(
      BEGINS,
    );
  });

  it('waits while the Job of an earlier run of its name goes, and never adopts it [RUN-019] [RUN-W12]', () => {
    const job = aJob(aStarting({ primary: anAgentRun({ metadata: { uid: 'uid-earlier' } }) }));
    expect(plan(aStarting({ job }))).toMatchObject({ actions: [], requeueAfterSeconds: 5 });
    const foreign = { ...job, metadata: { ...job.metadata, ownerReferences: [] } };
    expect(conditionOf(plan(aStarting({ job: foreign })))?.reason).toBe('JobNotOwned');
  });

  it.each([
    {
      what: 'a task that fits no ConfigMap',
      spec: { task: 'x'.repeat(950_000) },
      error: /^task and systemPrompt together must be at most/,
    },
    {
      what: 'a prompt that fits no variable',
      spec: { systemPrompt: 'x'.repeat(100_000) },
      error: /^systemPrompt must be at most/,
    },
    {
      what: 'a variable that is too long',
      spec: { env: { BIG: 'x'.repeat(100_000) } },
      error: /^env BIG must be at most/,
    },
  ])('fails at once, naming the field, when it asks for $what [RUN-W16]', ({ spec, error }) => {
    const one = plan(aStarting({ primary: anAgentRun({ spec }) }));
    expect(conditionOf(one)?.reason).toBe('InvalidSpec');
    expect(statusOf(one)?.error).toMatch(error);
  });

  it('fails at once, naming what is missing, when it wants a Sandbox and the cluster has none', () => {
    const one = plan(aStarting({ primary: anAgentRun({ spec: { agentSandbox: { enabled: true } } }) }));
    expect(conditionOf(one)).toMatchObject({ reason: 'SandboxUnavailable' });
  });

  it('fails in the words of the API server when that refuses an object for good [RUN-017] [RUN-W15]', () => {
    const rbac = [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }];
    const seen = aStarting({
      primary: anAgentRun({ spec: { skills: [{ skillPackRef: 'ops' }] } }),
      packs: { ops: aPack('ops', { rbac }) },
    });
    const action = plan(seen).actions.find((one) => one.verb === 'apply' && one.object.kind === 'Role');
    if (action === undefined) throw new Error('The plan grants nothing');
    const message = 'user is attempting to grant RBAC permissions not currently held';
    const refused = planRefusedAgentRun(seen, { action, code: 403, reason: 'Forbidden', message }, later(5), CONFIG);
    expect(refused?.actions.map(shown)).toEqual([
      'status Failed',
      'delete RoleBinding sympozium-skill-ops-run-1 Background',
      'delete Role sympozium-skill-ops-run-1 Background',
      'publish sympozium.agent.run.failed',
      'mark',
    ]);
    const transient = { action, code: 403, reason: 'Forbidden', message: 'namespace is being terminated' };
    expect(planRefusedAgentRun(seen, transient, later(5), CONFIG)).toBeUndefined();
  });
});

describe('a run under way', () => {
  const pending = anAgentRun();

  it('is Running once its pod is there, with all that was resolved [RUN-020] [RUN-064] [RUN-W06]', () => {
    const one = plan(anExecuting({ primary: pending }), 5);
    expect(one.actions.map(shown)).toEqual(['status Running']);
    expect(statusOf(one)).toMatchObject({
      jobName: 'run-1',
      podName: 'run-1-x1y2z',
      startedAt: '2026-01-02T03:04:05Z',
      resolution: { timeout: '600s' },
    });
    expect(conditionOf(one)).toMatchObject({ status: 'Unknown', reason: 'Running' });
  });

  it('writes nothing while nothing happens', () => {
    expect(plan(anExecuting(), 5).actions).toEqual([]);
  });

  it('ends in one pass that stores, tells and marks, even when it is first seen ended [RUN-065] [RUN-W01]', () => {
    const one = plan(anExecuting({ primary: pending, bus: told }), 30);
    expect(one.actions.map(shown)).toEqual(['status Succeeded', 'publish sympozium.agent.run.completed', 'mark']);
    expect(statusOf(one)).toMatchObject({
      result: 'Three.',
      completedAt: '2026-01-02T03:04:35Z',
      tokenUsage: { totalTokens: 3 },
      podName: 'run-1-x1y2z',
    });
  });

  it('keeps a result of 256 KiB at most, whole characters, and says so [RUN-W22]', () => {
    const response = 'ü'.repeat(200_000);
    const one = plan(anExecuting({ bus: { state: 'read', payload: { data: { status: 'success', response } } } }));
    expect(statusOf(one)).toMatchObject({ resultTruncated: true, result: 'ü'.repeat(131_072) });
  });

  it('removes the Job of lingering sidecars after the outcome is stored, and not before [RUN-075] [RUN-W07]', () => {
    const job = aJob(
      aStarting({ primary: anAgentRun({ spec: { skills: [{ skillPackRef: 'ops' }] } }), packs: { ops: aPack('ops') } }),
    );
    expect(actionsOf(anExecuting({ job, bus: told }))).toEqual([
      'status Succeeded',
      'delete Job run-1 Background',
      'publish sympozium.agent.run.completed',
      'mark',
    ]);
  });

  it('removes the Job in the foreground after a time-out was stored [RUN-082] [RUN-W07]', () => {
    expect(actionsOf(anExecuting(), 700)).toEqual([
      'status Failed',
      'delete Job run-1 Foreground',
      'publish sympozium.agent.run.failed',
      'mark',
    ]);
  });

  it('replaces the memory of its instance, where there is one [RUN-084]', () => {
    const log = {
      state: 'read',
      text: 'x__SYMPOZIUM_MEMORY__old__SYMPOZIUM_MEMORY_END__\n__SYMPOZIUM_MEMORY__\n# Facts\n__SYMPOZIUM_MEMORY_END__',
    } as const;
    const one = plan(anExecuting({ bus: told, log, memoryFound: true }));
    expect(one.actions[0]).toMatchObject({
      verb: 'apply',
      object: { metadata: { name: 'inst-memory' }, data: { 'MEMORY.md': '# Facts' } },
    });
    expect(actionsOf(anExecuting({ bus: told, log, memoryFound: false }))[0]).toBe('status Succeeded');
  });
});

describe('a run that has ended', () => {
  const status: AgentRunStatus = { ...RUNNING, phase: 'Failed', error: 'timeout', completedAt: '2026-01-02T03:14:06Z' };

  it('keeps its outcome, whatever became of its Job [RUN-078] [RUN-079] [RUN-W02]', () => {
    for (const phase of ['Succeeded', 'Failed']) {
      const primary = anAgentRun({ status: { ...status, phase } });
      expect(statusOf(plan({ stage: 'ended', primary, job: undefined, strayRoles: [] }))).toBeUndefined();
    }
  });

  it('is told with its error, under an id of its own, as often as needed [RUN-086] [RUN-W34] [RUN-W61]', () => {
    const one = plan({ stage: 'ended', primary: anAgentRun({ status }), job: undefined, strayRoles: [] }, 9000);
    expect(messageOf(one)).toEqual({
      id: 'uid-run-terminal',
      subject: 'sympozium.agent.run.failed',
      payload: {
        topic: 'agent.run.failed',
        timestamp: '2026-01-02T03:14:06Z',
        metadata: { agentRunID: 'run-1', instanceName: 'inst', namespace: 'team' },
        data: { error: 'timeout' },
      },
    });
  });

  it('loses its rights and its finalizer in the end, and gets its mark, by which the history of its instance counts it [RUN-116] [RUN-W42]', () => {
    const resolution = {
      skills: [],
      timeout: '600s',
      systemPrompt: '',
      model: anAgentRun().spec.model,
      grants: [{ skill: 'ops', namespaced: false, cluster: true }],
    };
    const primary = anAgentRun({
      metadata: { finalizers: ['other/one', FINALIZERS.agentRun] },
      status: { ...status, resolution },
    });
    const one = plan({ stage: 'ended', primary, job: undefined, strayRoles: [] });
    expect(one.actions.map(shown)).toEqual([
      'delete ClusterRoleBinding sympozium-skill-ops:team:run-1 Background',
      'delete ClusterRole sympozium-skill-ops:team:run-1 Background',
      'publish sympozium.agent.run.failed',
      'mark',
    ]);
    expect(one.actions.at(-1)).toEqual({
      verb: 'patchMetadata',
      metadata: { finalizers: ['other/one'], labels: { [LABELS.finished]: 'true', [LABELS.instance]: 'inst' } },
    });
  });

  it('is only marked when another controller ended it before', () => {
    const primary = anAgentRun({ metadata: { finalizers: [] }, status });
    expect(actionsOf({ stage: 'ended', primary, job: undefined, strayRoles: [] })).toEqual(['mark']);
  });
});

describe('a run that is deleted under way', () => {
  it('ends its Job, is told as cancelled and let go [RUN-118] [RUN-W35]', () => {
    const primary = anAgentRun({ metadata: { deletionTimestamp: '2026-01-02T03:05:00Z' }, status: RUNNING });
    const one = plan({ stage: 'deleting', primary, job: aJob(), strayRoles: [] });
    expect(one.actions.map(shown)).toEqual([
      'delete Job run-1 Foreground',
      'publish sympozium.agent.run.failed',
      'mark',
    ]);
    expect(messageOf(one)?.payload).toMatchObject({ timestamp: '2026-01-02T03:05:00Z', data: { error: 'cancelled' } });
  });
});

describe('a run that is cancelled', () => {
  const cancelled = (status?: AgentRunStatus, parts: Partial<Omit<Ending, 'stage'>> = {}) =>
    plan({
      stage: 'cancelled',
      primary: anAgentRun({ spec: { cancel: true }, ...(status !== undefined && { status }) }),
      job: undefined,
      strayRoles: [],
      ...parts,
    });

  it.each<{ when: string; status?: AgentRunStatus }>([
    { when: 'before anything was done for it' },
    { when: 'while it waits for a slot', status: { phase: 'Pending' } },
    { when: 'while its agent is at work', status: RUNNING },
    {
      when: 'while its hooks are at work',
      status: { ...RUNNING, phase: 'PostRunning', postRunJobName: 'run-1-postrun' },
    },
  ])('fails with its reason and is told once, $when [RUN-W35]', ({ status }) => {
    const one = cancelled(status);
    expect(one.actions.map(shown)).toEqual(FAILS);
    expect(conditionOf(one)).toMatchObject({ status: 'False', reason: 'Cancelled' });
    expect(messageOf(one)).toMatchObject({ id: 'uid-run-terminal', payload: { data: { error: 'cancelled' } } });
  });

  it('loses its Jobs, pods first, after that is stored', () => {
    const hookJob = { ...aJob(), metadata: { ...aJob().metadata, name: 'run-1-postrun' } };
    expect(cancelled(RUNNING, { job: aJob(), hookJob }).actions.map(shown)).toEqual([
      'status Failed',
      'delete Job run-1 Foreground',
      'delete Job run-1-postrun Foreground',
      'publish sympozium.agent.run.failed',
      'mark',
    ]);
  });

  it('loses rights that it was given before its Job was made', () => {
    const strayRoles = [{ name: 'wide' }, { name: 'narrow', namespace: 'team' }];
    expect(cancelled(undefined, { strayRoles }).actions.map(shown).slice(1, 5)).toEqual([
      'delete ClusterRoleBinding wide Background',
      'delete ClusterRole wide Background',
      'delete RoleBinding narrow Background',
      'delete Role narrow Background',
    ]);
  });

  it('is not begun, and tells the first in line when it had a slot', () => {
    const waiting = {
      name: 'next',
      uid: 'uid-next',
      instance: 'inst',
      created: '2026',
      phase: 'Pending',
      deleted: false,
    };
    const one = cancelled(RUNNING, { queue: { taken: ['uid-run'], runs: [waiting] } });
    expect(one.actions.map(shown)).toContain('publish sympozium.run.team.next.uid-next.slot');
  });

  it('keeps the outcome that it had before [RUN-W02]', () => {
    const primary = anAgentRun({ spec: { cancel: true }, status: { ...RUNNING, phase: 'Succeeded' } });
    expect(stageOf(primary)).toBe('ended');
  });
});

describe('a run in a phase of others', () => {
  it('is left alone [RUN-022]', () => {
    const primary = anAgentRun({ status: { phase: 'AwaitingDelegate' } });
    expect(plan({ stage: 'elsewhere', primary })).toEqual({
      actions: [],
      reason: expect.stringContaining('AwaitingDelegate'),
    });
  });
});
