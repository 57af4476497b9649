/**
 * Which containers of a pod to start and to stop next, from how they are now: the order of init containers, sidecars
 * (init containers with `restartPolicy: Always`) and main containers, and the restart policy. Pure.
 */
import type { Container, PodSpec } from '../client/core-types.ts';

/** A container as the kubelet sees it between two decisions. */
export interface ContainerView {
  name: string;
  state: 'waiting' | 'running' | 'exited';
  /** Of the last run; set when `exited`. */
  exitCode?: number;
  /** Milliseconds since the epoch; set when `exited`. */
  finishedAt?: number;
  restartCount: number;
  /** Has passed its startup probe, if it has one. */
  started: boolean;
  /** Not before this time (milliseconds): the last try to start it failed for a reason that may pass. */
  retryAt?: number;
  /** Its last end was no fault of its own, or after a long run: the next start does not wait. */
  noBackOff?: boolean;
}

export interface PodView {
  spec: PodSpec;
  containers: ReadonlyMap<string, ContainerView>;
  /** Deleted, evicted or past its deadline. */
  stopping: boolean;
}

export interface PodActions {
  start: string[];
  stop: string[];
  /** Containers that wait for the end of their back-off: name → milliseconds of the whole back-off. */
  backingOff: Map<string, number>;
  initialized: boolean;
  /** The pod's end, once nothing of it runs any more. */
  outcome?: 'Succeeded' | 'Failed';
  /** When to decide again if nothing happens before. */
  wakeAt?: number;
}

export interface BackOff {
  firstMs: number;
  maxMs: number;
}

export const isSidecar = (container: Container): boolean => container.restartPolicy === 'Always';

const UNSEEN: Omit<ContainerView, 'name'> = { state: 'waiting', restartCount: 0, started: false };

export function decide(view: PodView, now: number, backOff: BackOff): PodActions {
  const actions: PodActions = { start: [], stop: [], backingOff: new Map(), initialized: false };
  const pass = { view, now, backOff, actions };
  if (view.stopping) {
    actions.initialized = mainsBegan(view);
    windDown(pass, 'stopped');
    return actions;
  }
  const init = runInit(pass);
  actions.initialized = init === 'done';
  if (init === 'failed') windDown(pass, 'Failed');
  else if (init === 'done') runMains(pass);
  return actions;
}

interface Pass {
  view: PodView;
  now: number;
  backOff: BackOff;
  actions: PodActions;
}

const at = ({ containers }: PodView, name: string): ContainerView => containers.get(name) ?? { name, ...UNSEEN };

function mainsBegan(view: PodView): boolean {
  return view.spec.containers.some(({ name }) => at(view, name).state !== 'waiting' || at(view, name).restartCount > 0);
}

function runInit(pass: Pass): 'waiting' | 'done' | 'failed' {
  const { view } = pass;
  const began = mainsBegan(view);
  // First of all: sidecars before the failed one have been stopped and must stay so.
  if (!began && initFailed(view)) return 'failed';
  for (const container of view.spec.initContainers ?? []) {
    const state = at(view, container.name);
    const result = isSidecar(container) ? runSidecar(pass, state, began) : runInitOnce(pass, state, began);
    if (result !== 'done') return result;
  }
  return 'done';
}

/** The next container waits until a sidecar runs and has started; once the main containers began it only comes back. */
function runSidecar(pass: Pass, state: ContainerView, began: boolean): 'waiting' | 'done' {
  // While the pod winds down its sidecars are not brought back.
  if (state.state !== 'running' && !(began && mainsEnded(pass.view))) tryStart(pass, state);
  return began || (state.state === 'running' && state.started) ? 'done' : 'waiting';
}

function initFailed({ spec, containers }: PodView): boolean {
  if (spec.restartPolicy !== 'Never') return false;
  return (spec.initContainers ?? []).some((container) => {
    const state = containers.get(container.name);
    return !isSidecar(container) && state?.state === 'exited' && state.exitCode !== 0;
  });
}

function runInitOnce(pass: Pass, state: ContainerView, began: boolean): 'waiting' | 'done' {
  if (began || (state.state === 'exited' && state.exitCode === 0)) return 'done';
  if (state.state !== 'running') tryStart(pass, state);
  return 'waiting';
}

function runMains(pass: Pass): void {
  const { view } = pass;
  if (mainsEnded(view)) {
    const failed = view.spec.containers.some(({ name }) => at(view, name).exitCode !== 0);
    windDown(pass, failed ? 'Failed' : 'Succeeded');
    return;
  }
  for (const { name } of view.spec.containers) {
    const state = at(view, name);
    if (state.state === 'waiting' || (state.state === 'exited' && restarts(view.spec, state))) tryStart(pass, state);
  }
}

function mainsEnded(view: PodView): boolean {
  return view.spec.containers.every(({ name }) => {
    const state = at(view, name);
    return state.state === 'exited' && !restarts(view.spec, state);
  });
}

function restarts({ restartPolicy = 'Always' }: PodSpec, state: ContainerView): boolean {
  return restartPolicy === 'Always' || (restartPolicy === 'OnFailure' && state.exitCode !== 0);
}

/** The first restart is at once; later ones wait twice as long each time, from the container's end. */
function tryStart({ now, backOff, actions }: Pass, state: ContainerView): void {
  const delay =
    state.state === 'exited' && state.restartCount > 0 && state.noBackOff !== true
      ? Math.min(backOff.firstMs * 2 ** (state.restartCount - 1), backOff.maxMs)
      : 0;
  const notBefore = Math.max(state.retryAt ?? 0, (state.finishedAt ?? 0) + delay);
  if (delay > 0 && notBefore > now) actions.backingOff.set(state.name, delay);
  if (notBefore > now) actions.wakeAt = Math.min(actions.wakeAt ?? notBefore, notBefore);
  else actions.start.push(state.name);
}

/** Main containers and plain init containers end together, then the sidecars one after another in reverse order. */
function windDown({ view, actions }: Pass, end: 'Succeeded' | 'Failed' | 'stopped'): void {
  const running = (containers: Container[]): string[] =>
    containers.map(({ name }) => name).filter((name) => at(view, name).state === 'running');
  const init = view.spec.initContainers ?? [];
  const first = [...running(view.spec.containers), ...running(init.filter((c) => !isSidecar(c)))];
  const sidecars = running(init.filter(isSidecar));
  actions.start.length = 0;
  actions.stop = first.length > 0 ? first : sidecars.slice(-1);
  if (actions.stop.length > 0) return;
  const succeeded = view.spec.containers.every(
    ({ name }) => at(view, name).exitCode === 0 && at(view, name).state === 'exited',
  );
  actions.outcome = end === 'stopped' ? (succeeded ? 'Succeeded' : 'Failed') : end;
}
