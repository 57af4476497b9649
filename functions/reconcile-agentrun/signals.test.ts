import { describe, expect, it } from 'vitest';
import { FINALIZERS, LABELS } from '../../crds/labels.ts';
import { AppError } from '../../shared/errors.ts';
import type { PassReport } from '../../shared/reconcile/pass.ts';
import { aJob, anAgentRun, anExecuting, aStarting, CONFIG, later, RUNNING } from './fixtures.ts';
import type { Observed } from './observed.ts';
import { planAgentRun } from './plan.ts';
import { runSignals } from './signals.ts';

/** What a pass over what was seen reports: all was carried out, unless it failed. */
function passOver(seen: Observed, error?: AppError): PassReport {
  return {
    key: { namespace: 'team', name: 'run-1' },
    reply: error === undefined ? { outcome: 'settled' } : { outcome: 'retry', code: error.code },
    startedAt: later(60),
    observedAt: later(61),
    endedAt: later(63),
    plan: planAgentRun(seen, later(60), CONFIG),
    ...(seen.primary !== undefined && { primary: seen.primary }),
    ...(error !== undefined && { error }),
  };
}

const metrics = { durationMs: 1_500, inputTokens: 10, outputTokens: 4, toolCalls: 2 };
const executing = (data: object): Observed =>
  anExecuting({
    primary: anAgentRun({ status: RUNNING }),
    bus: { state: 'read', payload: { data } },
  });
const SUCCESS = executing({ status: 'success', response: 'Three.', metrics });
const FAILURE = executing({ status: 'error', error: 'no key' });
const outcome = (phase: string) => ({ ...RUNNING, phase, completedAt: '2026-01-02T03:05:05Z' });
const ended = (finalizers: string[]): Observed => ({
  stage: 'ended',
  primary: anAgentRun({ metadata: { finalizers }, status: outcome('Failed') }),
  job: undefined,
  strayRoles: [],
});

const counts = (report: PassReport) =>
  (runSignals(report).measurements ?? []).map(({ name, value, attributes }) => [
    name,
    value,
    ...Object.values(attributes),
  ]);

describe('what a pass over a run counts', () => {
  it('is the run, how long its agent worked, and nothing else when it succeeded', () => {
    expect(counts(passOver(SUCCESS))).toEqual([
      ['sympozium.agent.runs', 1, 'succeeded', 'inst'],
      ['sympozium.agent.duration_ms', 1_500, 'succeeded', 'inst'],
    ]);
    expect(counts(passOver(executing({ status: 'success', response: 'Three.' })))).toHaveLength(1);
  });

  it.each([
    ['failed', FAILURE],
    [
      'was deleted while under way',
      {
        stage: 'deleting',
        primary: anAgentRun({ metadata: { deletionTimestamp: '2026-01-02T03:04:45Z' }, status: RUNNING }),
        job: aJob(),
        strayRoles: [],
      } satisfies Observed,
    ],
  ])('is the run and an error when it %s', (_what, seen) => {
    expect(counts(passOver(seen))).toEqual([
      ['sympozium.agent.runs', 1, 'failed', 'inst'],
      ['sympozium.errors', 1, 'agent_run_failed', 'inst'],
    ]);
  });

  it('is the run once when its end takes several passes: the one that marks it counts [RUN-W37]', () => {
    const away = new AppError('UPSTREAM_UNAVAILABLE', 'The relay could not be reached');
    const finished: Observed = {
      stage: 'finished',
      primary: anAgentRun({
        metadata: { finalizers: [], labels: { [LABELS.finished]: 'true' } },
        status: outcome('Failed'),
      }),
    };
    const claimed = ended([FINALIZERS.agentRun]);
    const passes = [passOver(FAILURE, away), passOver(claimed, away), passOver(claimed), passOver(finished)];
    expect(passes.flatMap(counts).filter(([name]) => name === 'sympozium.agent.runs')).toEqual([
      ['sympozium.agent.runs', 1, 'failed', 'inst'],
    ]);
  });

  it('is nothing when another controller had ended the run before', () => {
    expect(counts(passOver(ended([])))).toEqual([]);
  });

  it('is nothing while the run is under way, or when it is gone', () => {
    expect(counts(passOver(aStarting()))).toEqual([]);
    expect(runSignals(passOver({ stage: 'gone', primary: undefined }))).toEqual({});
  });
});

describe('what a pass over a run logs', () => {
  it('is what the run came to and cost when it succeeded', () => {
    const run = { namespace: 'team', run: 'run-1', instance: 'inst' };
    expect(runSignals(passOver(SUCCESS)).logs).toEqual([
      { level: 'info', message: 'agent.run.succeeded', fields: { ...run, status: 'succeeded', ...metrics } },
    ]);
    expect(runSignals(passOver(FAILURE)).logs).toEqual([
      { level: 'warn', message: 'agent.run.failed', fields: { ...run, status: 'failed', error: 'no key' } },
    ]);
  });
});

describe('the spans within a pass over a run', () => {
  it.each([
    { when: 'the run begins', seen: aStarting(), parts: [['agentrun.create_job', later(61), later(63)]] },
    { when: 'the agent is at work', seen: SUCCESS, parts: [['agentrun.extract_result', later(60), later(61)]] },
    { when: 'nothing of that is done', seen: ended([FINALIZERS.agentRun]), parts: [] },
  ])('are the original ones when $when', ({ seen, parts }) => {
    const signals = runSignals(passOver(seen));
    expect(signals.attributes).toEqual({ 'instance.name': 'inst' });
    expect(signals.parts?.map(({ name, startedAt, endedAt }) => [name, startedAt, endedAt])).toEqual(parts);
  });
});
