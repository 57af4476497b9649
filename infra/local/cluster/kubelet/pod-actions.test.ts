import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Container, PodSpec } from '../client/core-types.ts';
import { type ContainerView, decide, type PodView } from './pod-actions.ts';

const BACK_OFF = { firstMs: 10_000, maxMs: 300_000 };
const sidecar = (name: string): Container => ({ name, restartPolicy: 'Always' });

function view(spec: Partial<PodSpec>, states: Record<string, Partial<ContainerView>> = {}, stopping = false): PodView {
  const containers = new Map(
    Object.entries(states).map(([name, state]) => [
      name,
      { name, state: 'waiting' as const, restartCount: 0, started: false, ...state },
    ]),
  );
  return { spec: { containers: [{ name: 'main' }], restartPolicy: 'Never', ...spec }, containers, stopping };
}

const running = { state: 'running', started: true } as const;
const exited = (exitCode: number, over: Partial<ContainerView> = {}): Partial<ContainerView> => ({
  state: 'exited',
  exitCode,
  finishedAt: 0,
  ...over,
});

describe('decide', () => {
  it('starts only the first init container when the pod is new', () => {
    const actions = decide(view({ initContainers: [{ name: 'a' }, { name: 'b' }] }), 0, BACK_OFF);
    expect(actions).toMatchObject({ start: ['a'], initialized: false });
  });

  it('waits for a sidecar until it has started, then goes on beside it', () => {
    const spec = { initContainers: [sidecar('side'), { name: 'b' }] };
    expect(decide(view(spec, { side: { state: 'running' } }), 0, BACK_OFF).start).toEqual([]);
    expect(decide(view(spec, { side: running }), 0, BACK_OFF).start).toEqual(['b']);
    expect(decide(view(spec, { side: running, b: exited(0) }), 0, BACK_OFF)).toMatchObject({
      start: ['main'],
      initialized: true,
    });
  });

  it('fails the pod when an init container fails and nothing restarts', () => {
    expect(decide(view({ initContainers: [{ name: 'a' }] }, { a: exited(1) }), 0, BACK_OFF).outcome).toBe('Failed');
  });

  it('stops sidecars in reverse order when the main containers have ended', () => {
    const spec = { initContainers: [sidecar('s1'), sidecar('s2')] };
    expect(decide(view(spec, { s1: running, s2: running, main: exited(0) }), 0, BACK_OFF)).toMatchObject({
      stop: ['s2'],
    });
    expect(decide(view(spec, { s1: running, s2: exited(143), main: exited(0) }), 0, BACK_OFF)).toMatchObject({
      stop: ['s1'],
      start: [],
    });
    expect(decide(view(spec, { s1: exited(0), s2: exited(143), main: exited(0) }), 0, BACK_OFF).outcome).toBe(
      'Succeeded',
    );
  });

  it('brings a sidecar back when it ended before the main containers', () => {
    const spec = { initContainers: [sidecar('s1')] };
    expect(decide(view(spec, { s1: exited(1), main: running }), 0, BACK_OFF).start).toEqual(['s1']);
  });

  it('restarts at once the first time and backs off from then on', () => {
    const always = { restartPolicy: 'Always' as const };
    expect(decide(view(always, { main: exited(1) }), 0, BACK_OFF).start).toEqual(['main']);
    const second = decide(view(always, { main: exited(1, { restartCount: 2, finishedAt: 1000 }) }), 2000, BACK_OFF);
    expect(second).toMatchObject({ start: [], wakeAt: 21_000 });
    expect(second.backingOff.get('main')).toBe(20_000);
  });

  it('restarts at once when the last end was no fault of the container', () => {
    const ended = exited(143, { restartCount: 5, finishedAt: 1000, noBackOff: true });
    expect(decide(view({ restartPolicy: 'Always' }, { main: ended }), 1000, BACK_OFF).start).toEqual(['main']);
  });

  it('does not restart a success when the policy is OnFailure', () => {
    expect(decide(view({ restartPolicy: 'OnFailure' }, { main: exited(0) }), 0, BACK_OFF).outcome).toBe('Succeeded');
    expect(decide(view({ restartPolicy: 'OnFailure' }, { main: exited(2) }), 0, BACK_OFF).start).toEqual(['main']);
  });

  it('stops everything and starts nothing when the pod is going', () => {
    const spec = { initContainers: [sidecar('s1')] };
    expect(decide(view(spec, { s1: running, main: running }, true), 0, BACK_OFF)).toMatchObject({
      start: [],
      stop: ['main'],
    });
  });

  it('never starts a container a second time when the policy is Never', () => {
    const states = fc.constantFrom<Partial<ContainerView>>({}, running, exited(0), exited(1), exited(255));
    fc.assert(
      fc.property(states, states, states, fc.boolean(), (a, b, main, stopping) => {
        const given = { a, b, main };
        const actions = decide(
          view({ initContainers: [{ name: 'a' }, { name: 'b' }] }, given, stopping),
          1e9,
          BACK_OFF,
        );
        for (const name of actions.start) expect(given[name as keyof typeof given].state ?? 'waiting').toBe('waiting');
        for (const name of actions.stop) expect(given[name as keyof typeof given].state).toBe('running');
        // A pod ends only when nothing of it runs.
        if (actions.outcome !== undefined)
          expect(Object.values(given).some((state) => state.state === 'running')).toBe(false);
      }),
    );
  });

  it('always comes to an end when every container ends by itself', () => {
    const anyInits = fc.array(fc.record({ side: fc.boolean(), code: fc.nat(1) }), { maxLength: 3 });
    fc.assert(
      fc.property(anyInits, fc.nat(1), (inits, code) => {
        const initFails = inits.some((init) => !init.side && init.code !== 0);
        expect(runToEnd(inits, code)).toBe(initFails || code !== 0 ? 'Failed' : 'Succeeded');
      }),
    );
  });
});

/** Carries out every decision; a container that is not a sidecar ends a turn after it began. */
function runToEnd(inits: { side: boolean; code: number }[], code: number): string | undefined {
  const initContainers = inits.map(({ side }, n) => (side ? sidecar(`i${n}`) : { name: `i${n}` }));
  const codes = new Map([...inits.map((init, n): [string, number] => [`i${n}`, init.code]), ['main', code]]);
  const sidecars = new Set(initContainers.filter((container) => 'restartPolicy' in container).map(({ name }) => name));
  const states: Record<string, Partial<ContainerView>> = {};
  for (let turn = 0; turn < 40; turn++) {
    const actions = decide(view({ initContainers }, states), 1e9, BACK_OFF);
    if (actions.outcome !== undefined) return actions.outcome;
    for (const [name, state] of Object.entries(states)) {
      if (state === running && !sidecars.has(name)) states[name] = exited(codes.get(name) ?? 0);
    }
    for (const name of actions.stop) states[name] = exited(143);
    for (const name of actions.start) states[name] = running;
  }
  return undefined;
}
