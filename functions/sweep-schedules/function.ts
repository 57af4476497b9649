import { KINDS } from '../../crds/group.ts';
import type { FunctionManifest } from '../../shared/manifest.ts';

export const manifest: FunctionManifest = {
  name: 'sweep-schedules',
  memoryMb: 256,
  timeoutSeconds: 55,
  concurrency: 1,
  schedule: { everyMinutes: 1 },
  rules: [{ apiGroups: [KINDS.SympoziumSchedule.group], resources: ['sympoziumschedules'], verbs: ['list'] }],
};
