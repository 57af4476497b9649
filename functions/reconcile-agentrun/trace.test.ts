import { describe, expect, it } from 'vitest';
import { ANNOTATIONS } from '../../crds/labels.ts';
import { JOBS } from '../../shared/kube/resources.ts';
import type { Job } from '../../shared/pods/job.ts';
import type { Plan } from '../../shared/reconcile/plan.ts';
import { anAgentRun, aStarting, CONFIG, later } from './fixtures.ts';
import type { Starting } from './observed.ts';
import { planAgentRun } from './plan.ts';

const OF_THE_PASS = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
const OF_THE_CREATOR = `00-${'c'.repeat(32)}-${'d'.repeat(16)}-01`;
const unclaimed = (annotations: Record<string, string> = {}) =>
  anAgentRun({ metadata: { finalizers: [], annotations } });
const plan = (parts: Partial<Starting>): Plan => planAgentRun(aStarting(parts), later(1), CONFIG);

/** What the plan stores on the run, and what its pod is told. */
function traces({ actions }: Plan) {
  const stored = actions.flatMap((action) =>
    action.verb === 'patchMetadata' ? [action.metadata.annotations?.[ANNOTATIONS.traceparent]] : [],
  );
  const pods = actions.flatMap((action) => {
    if (action.verb !== 'create' || action.resource !== JOBS) return [];
    const { containers, initContainers = [] } = (action.object as Job).spec.template.spec;
    const env = [...containers, ...initContainers].find(({ name }) => name === 'agent')?.env;
    return [env?.find(({ name }) => name === 'TRACEPARENT')?.value];
  });
  return { stored, pods };
}

describe('the trace of a run', () => {
  it('is that of its first pass, for its pod and for later passes, when nobody gave it one [RUN-W38]', () => {
    expect(traces(plan({ primary: unclaimed(), traceparent: OF_THE_PASS }))).toEqual({
      stored: [OF_THE_PASS],
      pods: [OF_THE_PASS],
    });
  });

  it('stays that of its creator when it has one [RUN-W05] [RUN-W38]', () => {
    const primary = unclaimed({ [ANNOTATIONS.traceparent]: OF_THE_CREATOR });
    expect(traces(plan({ primary, traceparent: OF_THE_PASS }))).toEqual({
      stored: [OF_THE_CREATOR],
      pods: [OF_THE_CREATOR],
    });
  });

  it('is none when telemetry is off', () => {
    expect(traces(plan({ primary: unclaimed() }))).toEqual({ stored: [undefined], pods: [undefined] });
  });

  it('does not begin late, when the run was claimed without one', () => {
    expect(traces(plan({ traceparent: OF_THE_PASS }))).toEqual({ stored: [], pods: [undefined] });
  });
});
