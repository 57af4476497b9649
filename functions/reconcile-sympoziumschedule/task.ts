import type { SympoziumInstance } from '../../crds/sympoziuminstance.ts';
import type { SympoziumSchedule } from '../../crds/sympoziumschedule.ts';
import { bytesOf, cutBytes } from '../../shared/bytes.ts';

/** What the instance's controller writes where nothing is remembered yet. */
const NOTHING_YET = 'No memories recorded yet';
const DEFAULT_MEMORY_KB = 256;
/** A run's task is handed to its pod in a ConfigMap, which takes 1 MiB. */
const TASK_MAX = 800 * 1024;

/** The task of a run, after what the instance remembers [CTL-106], as much of it as `memory.maxSizeKB` allows [CTL-WS7]. */
export function taskOf({ spec }: SympoziumSchedule, memory: string, instance: SympoziumInstance): string {
  if (!spec.includeMemory || memory === '' || memory.includes(NOTHING_YET)) return spec.task;
  const allowed = (instance.spec.memory?.maxSizeKB ?? DEFAULT_MEMORY_KB) * 1024;
  const { text, cut } = cutBytes(memory, Math.max(Math.min(allowed, TASK_MAX - bytesOf(spec.task)), 0));
  const note = cut ? '\n(The memory is longer than this; the rest is left out.)' : '';
  return `## Memory Context\n${text}${note}\n\n## Task\n${spec.task}`;
}
