import type { AgentRun } from '../../../crds/agentrun.ts';
import { cutBytes } from '../../../shared/bytes.ts';
import { CONFIG_MAPS } from '../../../shared/kube/resources.ts';
import type { Job } from '../../../shared/pods/job.ts';
import type { Action } from '../../../shared/reconcile/plan.ts';
import { CONFIG_MAP_MAX } from '../limits.ts';
import type { LogReading } from '../observed.ts';
import type { ConfigMap } from '../pod/input-config-map.ts';
import { memoryConfigMapOf } from '../pod/volumes.ts';

const START = '__SYMPOZIUM_MEMORY__';
const END = '__SYMPOZIUM_MEMORY_END__';

/** Whether the run's pod was built with the instance's legacy memory. */
export function keepsMemory(job: Job | undefined): boolean {
  return job?.spec.template.spec.volumes.some(({ name }) => name === 'memory') ?? false;
}

/** What the agent wants remembered: the last whole block that it printed, trimmed (AgentRun spec, 5.3). */
export function memoryBlock(log: string): string | undefined {
  const start = log.lastIndexOf(START);
  const end = start === -1 ? -1 : log.indexOf(END, start);
  const text = end === -1 ? '' : log.slice(start + START.length, end).trim();
  return text === '' ? undefined : text;
}

/** Replaces what the instance remembers, where it has a memory to replace [RUN-084]. */
export function rememberActions(run: AgentRun, log: LogReading, memoryFound: boolean): Action[] {
  const text = memoryOf(log, memoryFound);
  return text === undefined ? [] : [rememberAction(run, text)];
}

/** What is to be remembered, where the instance has a memory to replace. */
export function memoryOf(log: LogReading, memoryFound: boolean): string | undefined {
  return memoryFound && log.state === 'read' ? memoryBlock(log.text) : undefined;
}

export function rememberAction(run: AgentRun, text: string): Action {
  const object: ConfigMap = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: memoryConfigMapOf(run.spec.instanceRef), namespace: run.metadata.namespace ?? '' },
    data: { 'MEMORY.md': cutBytes(text, CONFIG_MAP_MAX).text },
  };
  return { verb: 'apply', resource: CONFIG_MAPS, object };
}
