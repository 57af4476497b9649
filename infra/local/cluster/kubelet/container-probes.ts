import type { Container } from '../client/core-types.ts';
import type { ContainerRecord } from './pod-status.ts';
import { type ProbeTarget, startProbing } from './probes.ts';

export interface ProbeEffects {
  record: ContainerRecord;
  target: ProbeTarget;
  onChange(): void;
  unhealthy(kind: 'Startup' | 'Liveness' | 'Readiness', message: string): void;
  kill(kind: 'Startup' | 'Liveness'): void;
}

/** Runs a container's probes: readiness and liveness begin once the startup probe has passed. */
export function startContainerProbes(container: Container, effects: ProbeEffects): { close(): void } {
  const { record, target, onChange, unhealthy, kill } = effects;
  const open: { close(): void }[] = [];
  const closeAll = (): void => {
    for (const probe of open.splice(0)) probe.close();
  };

  function set(change: Partial<Pick<ContainerRecord, 'started' | 'ready'>>): void {
    const before = `${record.started}${record.ready}`;
    Object.assign(record, change);
    if (`${record.started}${record.ready}` !== before) onChange();
  }

  function afterStart(): void {
    const { readinessProbe, livenessProbe } = container;
    set({ started: true, ready: readinessProbe === undefined || record.ready });
    if (readinessProbe !== undefined) {
      const failed = (message: string, reached: boolean): void => {
        unhealthy('Readiness', message);
        if (reached) set({ ready: false });
      };
      open.push(startProbing(readinessProbe, target, { passed: () => set({ ready: true }), failed }));
    }
    if (livenessProbe !== undefined)
      open.push(startProbing(livenessProbe, target, { passed: () => undefined, failed: fatal('Liveness') }));
  }

  const fatal =
    (kind: 'Startup' | 'Liveness') =>
    (message: string, reached: boolean): void => {
      unhealthy(kind, message);
      if (!reached) return;
      closeAll();
      kill(kind);
    };

  if (container.startupProbe === undefined) {
    afterStart();
  } else {
    const passed = (): void => {
      closeAll();
      afterStart();
    };
    open.push(
      startProbing({ ...container.startupProbe, successThreshold: 1 }, target, { passed, failed: fatal('Startup') }),
    );
  }
  return { close: closeAll };
}
