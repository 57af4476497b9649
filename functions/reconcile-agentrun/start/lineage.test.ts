import { describe, expect, it } from 'vitest';
import type { AgentRun } from '../../../crds/agentrun.ts';
import { LABELS } from '../../../crds/labels.ts';
import { mark } from '../ending/terminal.ts';
import { anAgentRun, anInstance, aStarting, CONFIG, later, RUNNING } from '../fixtures.ts';
import type { Starting } from '../observed.ts';
import type { QueuedRun } from '../queue/queue.ts';
import { atRealDepth, depthOf } from './lineage.ts';
import { begin, buildOf } from './start.ts';

const child = (spawnDepth = 1): AgentRun =>
  anAgentRun({ metadata: { uid: 'uid-me' }, spec: { parent: { runName: 'boss', sessionKey: '', spawnDepth } } });
const boss = (depth?: number): AgentRun =>
  anAgentRun({
    metadata: { name: 'boss', uid: 'uid-boss' },
    status: { ...RUNNING, resolution: { ...RUNNING.resolution, ...(depth !== undefined && { depth }) } } as never,
  });
const bounded = (bounds: Partial<NonNullable<ReturnType<typeof boundsOf>>> = {}) =>
  anInstance({
    agents: {
      default: { model: 'small', subagents: { maxDepth: 2, maxConcurrent: 9, maxChildrenPerAgent: 2, ...bounds } },
    },
  });
const boundsOf = (instance: ReturnType<typeof anInstance>) => instance.spec.agents.default.subagents;

describe('the depth of a run', () => {
  it.each<{ when: string; run: AgentRun; parent: AgentRun | undefined; depth: number | undefined }>([
    { when: 'nobody asked for it', run: anAgentRun(), parent: undefined, depth: undefined },
    { when: 'a person`s run asked for it', run: child(), parent: boss(), depth: 1 },
    { when: 'it says less than it is', run: child(0), parent: boss(3), depth: 4 },
    { when: 'it says more than it is', run: child(7), parent: boss(), depth: 7 },
    { when: 'the run that it names is gone', run: child(2), parent: undefined, depth: 2 },
  ])('is $depth when $when [CTL-WD2]', ({ run, parent, depth }) => {
    expect(depthOf(run, parent)).toBe(depth);
    expect(buildOf(aStarting({ primary: run, ...(parent && { parent }) }), CONFIG)?.resolution.depth).toBe(depth);
    expect(atRealDepth(run, parent).spec.parent?.spawnDepth).toBe(depth);
  });
});

describe('a run that another asked for', () => {
  const error = (parts: Partial<Omit<Starting, 'stage'>>) => {
    const beginning = begin(aStarting({ primary: child(), parent: boss(), ...parts }), later(60), CONFIG);
    return beginning.kind === 'failed' ? beginning.failure : undefined;
  };
  const sibling = (uid: string, parts: Partial<QueuedRun> = {}): QueuedRun => ({
    name: uid,
    uid,
    instance: 'inst',
    created: '2026-01-02T03:04:00Z',
    phase: 'Pending',
    parent: 'boss',
    deleted: false,
    ...parts,
  });
  const me = sibling('uid-me', { created: '2026-01-02T03:04:05Z' });

  it('is judged at its real depth, whatever it says of itself [CTL-WD2] [RUN-W36]', () => {
    expect(error({ parent: boss(2), instance: bounded() })?.error).toBe(
      'policy validation failed: sub-agent depth 3 exceeds max 2 of SympoziumInstance "inst"',
    );
    expect(error({ parent: boss(1), instance: bounded() })).toBeUndefined();
  });

  it('is refused once the other has started as many as its instance lets it [CTL-WD2]', () => {
    const queue = { taken: [], runs: [sibling('a'), me] };
    expect(error({ instance: bounded(), queue })).toBeUndefined();
    expect(error({ instance: bounded(), queue, finishedSiblings: 1 })).toMatchObject({
      reason: 'PolicyDenied',
      error: 'policy validation failed: run "boss" has started 2 runs; SympoziumInstance "inst" lets each start 2',
    });
  });

  it('is bound by the instance of the other and not by its own', () => {
    expect(error({ parent: boss(5), instance: bounded(), parentInstance: anInstance() })).toBeUndefined();
    const parentInstance = bounded({ maxDepth: 1 });
    expect(error({ parent: boss(1), instance: anInstance(), parentInstance })?.error).toContain('exceeds max 1');
  });

  it.each<{ what: string; other: Partial<QueuedRun>; taken: string[]; counts: boolean }>([
    { what: 'older', other: {}, taken: [], counts: true },
    { what: 'younger, and waits', other: { created: '2026-01-02T03:05:00Z' }, taken: [], counts: false },
    { what: 'younger, and has a slot', other: { created: '2026-01-02T03:05:00Z' }, taken: ['a'], counts: true },
    {
      what: 'younger, and is at work',
      other: { created: '2026-01-02T03:05:00Z', phase: 'Running' },
      taken: [],
      counts: true,
    },
    { what: "another run's", other: { parent: 'other' }, taken: [], counts: false },
  ])('counts one that is $what: $counts', ({ other, taken, counts }) => {
    const seen = { instance: bounded({ maxChildrenPerAgent: 1 }), queue: { taken, runs: [sibling('a', other), me] } };
    expect(error(seen) !== undefined).toBe(counts);
  });

  it('keeps the slot that it had when its pass was cut', () => {
    const queue = { taken: ['uid-me', 'a'], runs: [sibling('a'), me] };
    expect(error({ instance: bounded({ maxChildrenPerAgent: 1 }), queue })).toBeUndefined();
  });

  it('is found by the label of the other once it has ended', () => {
    expect(mark(child())).toMatchObject({ metadata: { labels: { [LABELS.parentRun]: 'boss' } } });
  });
});
