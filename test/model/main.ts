/** node test/model/main.ts MODEL…: explores the named models, or all, and prints what it found. */
import { explore } from './explore.ts';
import { gateModel, runModel } from './run.ts';
import { scheduleModel } from './schedule.ts';

const models = {
  run: () => explore(runModel),
  gate: () => explore(gateModel),
  schedule: () => explore(scheduleModel),
};

for (const [name, check] of Object.entries(models)) {
  if (process.argv.length > 2 && !process.argv.slice(2).includes(name)) continue;
  const began = Date.now();
  const { states, steps, violation } = await check();
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  console.log(`${name}: ${states} states, ${steps} steps, ${violation === undefined ? 0 : 1} violations, ${seconds} s`);
  if (violation === undefined) continue;
  console.log(`violated: ${violation.invariant}`);
  for (const [index, step] of violation.trace.entries()) console.log(`  ${index + 1}. ${step}`);
  process.exitCode = 1;
}
