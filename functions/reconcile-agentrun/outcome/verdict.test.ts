import { describe, expect, it } from 'vitest';
import {
  aJob,
  anAgentRun,
  anEndedAgent,
  anExecuting,
  aPod,
  CONFIG,
  CREATED,
  endedJob,
  later,
  RUNNING,
} from '../fixtures.ts';
import type { Executing } from '../observed.ts';
import { judge } from './verdict.ts';

const printed = (result: unknown) =>
  ({ state: 'read', text: `__SYMPOZIUM_RESULT__${JSON.stringify(result)}__SYMPOZIUM_END__` }) as const;
const SUCCESS = { status: 'success', response: 'Three.' };
const NO_MARKER = { state: 'read', text: 'starting\n' } as const;
const exited = (exitCode: number, reason = 'Error') => ({ exitCode, reason, finishedAt: CREATED });
const waiting = (reason: string, message = '') =>
  aPod({ phase: 'Pending', containerStatuses: [{ name: 'agent', state: { waiting: { reason, message } } }] });
const at = (seconds: number, parts: Parameters<typeof anExecuting>[0]) =>
  judge(anExecuting(parts), later(seconds), CONFIG);
/** Reason and error of a verdict that ends the run. */
const whyAt = (seconds: number, parts: Parameters<typeof anExecuting>[0]) => {
  const verdict = at(seconds, parts);
  return verdict.kind === 'failed' ? `${verdict.failure.reason}: ${verdict.failure.error}` : verdict.kind;
};

describe('what the agent reported', () => {
  it('decides when the pod runs on, as the bus is told first [RUN-W22]', () => {
    expect(at(5, { bus: { state: 'read', payload: { data: SUCCESS } } }).kind).toBe('succeeded');
  });

  it('decides against a Job that failed [RUN-073]', () => {
    const pod = anEndedAgent(exited(1), 'Failed');
    expect(at(20, { job: endedJob('Failed', 'BackoffLimitExceeded'), pod, log: printed(SUCCESS) }).kind).toBe(
      'succeeded',
    );
  });

  it('decides when the time is over but a result was printed [RUN-W03]', () => {
    expect(at(700, { log: printed(SUCCESS) }).kind).toBe('succeeded');
  });

  it('decides when the Job is gone but the bus has the result', () => {
    const bus = { state: 'read', payload: { data: SUCCESS } } as const;
    expect(at(700, { job: undefined, pod: undefined, bus }).kind).toBe('succeeded');
  });

  it('fails the run when it is an error', () => {
    const bus = { state: 'read', payload: { data: { status: 'error', error: 'model: 500' } } } as const;
    expect(whyAt(5, { bus })).toBe('AgentFailed: model: 500');
  });

  it('of the bus counts before what the log says', () => {
    const bus = { state: 'read', payload: { data: SUCCESS } } as const;
    expect(at(5, { bus, log: printed({ status: 'error', error: 'no' }) }).kind).toBe('succeeded');
  });
});

describe('an agent that ended without a report', () => {
  it('is given a moment, since the bridge may still publish [RUN-W25]', () => {
    expect(at(2, { pod: anEndedAgent(exited(0)), log: NO_MARKER })).toMatchObject({ kind: 'open', seconds: 3 });
  });

  it('fails the run early, in a pod of two containers as well [RUN-077] [RUN-W03]', () => {
    expect(whyAt(6, { pod: anEndedAgent(exited(2)), log: NO_MARKER })).toBe(
      'PodFailed: agent container exited with code 2 (Error)',
    );
  });

  it('fails the run with code and reason when it ran out of memory [RUN-076]', () => {
    expect(whyAt(6, { pod: anEndedAgent(exited(137, 'OOMKilled')), log: NO_MARKER })).toBe(
      'OutOfMemory: agent container exited with code 137 (OOMKilled)',
    );
  });

  it('fails the run with the line about a rate limit when its log has one [RUN-068]', () => {
    const log = { state: 'read', text: 'status code: 429 slow down\n' } as const;
    expect(whyAt(6, { pod: anEndedAgent(exited(1)), log })).toBe('AgentFailed: status code: 429 slow down');
  });

  it('is no success when it exited with 0 [RUN-W23]', () => {
    expect(whyAt(6, { pod: anEndedAgent(exited(0, 'Completed')), log: NO_MARKER })).toBe(
      'NoResult: agent ended without a result',
    );
  });

  it('waits for a bus that is away, which may hold the result', () => {
    const bus = { state: 'unavailable' } as const;
    expect(at(60, { pod: anEndedAgent(exited(1)), log: NO_MARKER, bus }).kind).toBe('open');
    expect(at(900, { bus }).kind).toBe('open');
  });
});

describe('a Job or pod that ended without the agent', () => {
  it.each<{ when: string; parts: Partial<Omit<Executing, 'stage'>>; why: string }>([
    { when: 'the Job is gone [RUN-081]', parts: { job: undefined, pod: undefined }, why: 'JobNotFound: Job not found' },
    {
      when: 'the Job is gone and its name taken [RUN-W12]',
      parts: { job: undefined, pod: undefined, jobTaken: true },
      why: 'JobNotOwned: Job not found',
    },
    {
      when: 'the Job failed and its pod is lost',
      parts: { job: endedJob('Failed', 'BackoffLimitExceeded'), pod: undefined },
      why: 'JobNotFound: Job failed',
    },
    {
      when: 'the Job is complete and its pod was removed unread [RUN-W23]',
      parts: { job: endedJob('Complete', 'CompletionsReached'), pod: undefined },
      why: 'NoResult: agent ended without a result',
    },
    {
      when: "the Job's own deadline passed [RUN-W28]",
      parts: { job: endedJob('Failed', 'DeadlineExceeded'), pod: undefined },
      why: 'Timeout: timeout',
    },
    {
      when: 'the node evicted the pod',
      parts: { pod: aPod({ phase: 'Failed', reason: 'Evicted', message: 'low on memory' }) },
      why: 'Evicted: pod evicted: low on memory',
    },
    {
      when: 'the node evicted the pod, and killed its agent for it',
      parts: {
        pod: aPod({
          phase: 'Failed',
          reason: 'Evicted',
          message: 'low on memory',
          containerStatuses: [{ name: 'agent', state: { terminated: { exitCode: 137, reason: 'Error' } } }],
        }),
      },
      why: 'Evicted: pod evicted: low on memory',
    },
    {
      when: 'an init container failed',
      parts: {
        pod: aPod({
          phase: 'Pending',
          initContainerStatuses: [{ name: 'pre-x', state: { terminated: { exitCode: 3 } } }],
        }),
      },
      why: 'PreRunFailed: init container pre-x exited with code 3',
    },
    {
      when: 'an init container took too much memory',
      parts: {
        pod: aPod({
          phase: 'Pending',
          initContainerStatuses: [{ name: 'pre-x', state: { terminated: { exitCode: 137, reason: 'OOMKilled' } } }],
        }),
      },
      why: 'OutOfMemory: init container pre-x exited with code 137 (OOMKilled)',
    },
  ])('fails the run when $when [RUN-074] [RUN-W33]', ({ parts, why }) => {
    expect(whyAt(20, parts)).toBe(why);
  });
});

describe('the time-out', () => {
  it('ends a run after ten minutes when nothing else was said [RUN-082]', () => {
    expect(at(600, {}).kind).toBe('open');
    expect(whyAt(601, {})).toBe('Timeout: timeout');
  });

  it('is what was resolved when the run started, whatever run or instance say now [RUN-083] [RUN-W06] [RUN-W43]', () => {
    const resolution = {
      ...RUNNING.resolution,
      timeout: '30m',
      skills: [],
      systemPrompt: '',
      model: anAgentRun().spec.model,
    };
    const primary = anAgentRun({ spec: { timeout: '1s' }, status: { ...RUNNING, resolution } });
    expect(at(1700, { primary }).kind).toBe('open');
    expect(whyAt(1801, { primary })).toBe('Timeout: timeout');
  });

  it('comes before the deadline of the Job, which it is counted from [RUN-W28]', () => {
    const primary = anAgentRun();
    expect(aJob().spec.activeDeadlineSeconds).toBe(660);
    expect(whyAt(601, { primary, pod: undefined })).toBe('Timeout: timeout');
  });

  it('is looked at in time, though no event comes', () => {
    expect(at(590, {})).toMatchObject({ kind: 'open', seconds: 11 });
  });
});

describe('a pod that does not start', () => {
  it.each<{ when: string; pod: Parameters<typeof anExecuting>[0]; opensAt?: number; failsAt: number; why: string }>([
    {
      when: 'its image cannot be pulled for a while',
      pod: { pod: waiting('ImagePullBackOff', 'Back-off pulling image "x"') },
      opensAt: 29,
      failsAt: 30,
      why: 'ImagePullFailed: image of container agent cannot be pulled: Back-off pulling image "x"',
    },
    {
      when: 'its image does not exist',
      pod: { pod: waiting('ErrImagePull', 'x: not found') },
      failsAt: 1,
      why: 'ImagePullFailed: image of container agent cannot be pulled: x: not found',
    },
    {
      when: 'its image has no valid name',
      pod: { pod: waiting('InvalidImageName', 'bad') },
      failsAt: 1,
      why: 'ImagePullFailed: image of container agent cannot be pulled: bad',
    },
    {
      when: 'a Secret is missing',
      pod: { pod: waiting('CreateContainerConfigError', 'secret "key" not found') },
      opensAt: 9,
      failsAt: 10,
      why: 'SecretNotFound: Secret "key" not found',
    },
    {
      when: 'no node takes it, for longer than an autoscaler needs',
      pod: {
        pod: aPod({
          phase: 'Pending',
          conditions: [
            {
              type: 'PodScheduled',
              status: 'False',
              reason: 'Unschedulable',
              message: '0/3 nodes',
              lastTransitionTime: CREATED,
            },
          ],
        }),
      },
      opensAt: 119,
      failsAt: 120,
      why: 'Unschedulable: no node takes the pod: 0/3 nodes',
    },
    {
      when: 'a quota leaves no room for it',
      pod: { pod: undefined, createFailures: ['pods "run-1-a" is forbidden: exceeded quota: q'] },
      opensAt: 59,
      failsAt: 60,
      why: 'QuotaExceeded: pod cannot be created: pods "run-1-a" is forbidden: exceeded quota: q',
    },
  ])('fails the run with its own reason when $when [RUN-W33]', ({ pod, opensAt, failsAt, why }) => {
    if (opensAt !== undefined) expect(at(opensAt, pod).kind).toBe('open');
    expect(whyAt(failsAt, pod)).toBe(why);
  });

  it('is no failure when it is only being created', () => {
    expect(at(60, { pod: waiting('ContainerCreating') }).kind).toBe('open');
  });
});
