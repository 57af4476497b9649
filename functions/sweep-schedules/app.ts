import { KINDS } from '../../crds/group.ts';
import type { SweepSpec } from '../../shared/sweep/app.ts';
import { log } from '../../shared/telemetry/log.ts';
import { manifest } from './function.ts';
import { type Swept, sweep } from './sweep.ts';

export const scheduleSweep: SweepSpec<object, Swept> = {
  manifest,
  functionName: 'reconcile-sympoziumschedule',
  plural: KINDS.SympoziumSchedule.plural,
  configure: () => ({}),
  async tick(context) {
    const swept = await sweep(context);
    if (swept.passes > 0) log('info', 'Swept schedules', { ...swept });
    return swept;
  },
};
