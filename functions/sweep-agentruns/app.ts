import { KINDS } from '../../crds/group.ts';
import type { SweepSpec } from '../../shared/sweep/app.ts';
import { log } from '../../shared/telemetry/log.ts';
import { loadRunSweepConfig, type RunSweepConfig } from './config.ts';
import { manifest } from './function.ts';
import { type Swept, sweep } from './sweep.ts';

export const runSweep: SweepSpec<RunSweepConfig, Swept> = {
  manifest,
  functionName: 'reconcile-agentrun',
  plural: KINDS.AgentRun.plural,
  configure: loadRunSweepConfig,
  async tick({ config, ...context }) {
    const swept = await sweep({ ...context, maxHistory: config.maxHistory });
    if (swept.passes + swept.pruned > 0) log('info', 'Swept agent runs', { ...swept });
    return swept;
  },
};
