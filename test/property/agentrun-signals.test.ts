import { expect, it } from 'vitest';
import { loadRunConfig } from '../../functions/reconcile-agentrun/config.ts';
import { agentRunReconciler } from '../../functions/reconcile-agentrun/reconciler.ts';
import { runSignals } from '../../functions/reconcile-agentrun/signals.ts';
import { playRunMove, populateRun, RUN_KEY, runMove } from './agentrun-world.ts';
import { checkReconciler, type History } from './harness.ts';
import type { World } from './world/world.ts';

/** How often the run was counted. A pass that was killed told nobody what it did, so a count may be lost, but none is doubled. */
function counted({ reports }: History): number {
  const measurements = reports.flatMap((report) => runSignals(report).measurements ?? []);
  return measurements.filter(({ name }) => name === 'sympozium.agent.runs').length;
}

it('counts no run twice when passes are repeated, cut and late in any order [RUN-W37]', {
  timeout: 120_000,
}, async () => {
  let ever = 0;
  await checkReconciler(
    {
      reconciler: agentRunReconciler,
      config: loadRunConfig({}),
      key: RUN_KEY,
      populate: populateRun,
      move: runMove,
      play: playRunMove,
      calm: ({ bus }) => bus.setAway(false),
      check: ({ bus }: World, history) => {
        expect(counted(history)).toBeLessThanOrEqual(bus.published().length);
      },
      checkEnd: (_world, history) => {
        ever += counted(history);
      },
    },
    { worlds: 60 },
  );
  // Or there would be nothing to count twice.
  expect(ever).toBeGreaterThan(0);
});
