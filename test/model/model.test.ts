import { expect, it } from 'vitest';
import { type Explored, explore } from './explore.ts';
import { gateModel, runModel } from './run.ts';
import { scheduleModel } from './schedule.ts';

async function holds(name: string, checking: Promise<Explored>): Promise<void> {
  const { states, steps, violation } = await checking;
  console.log(`${name}: ${states} states, ${steps} steps, ${violation === undefined ? 0 : 1} violations`);
  expect(violation).toBeUndefined();
  // A model in which nothing happens would hold, too.
  expect(states).toBeGreaterThan(1000);
}

it('gives a run one Job and one terminal event, forward through its phases to an end, whatever meets [RUN-W12] [RUN-W34]', () =>
  holds('run', explore(runModel)));

it('does so where a gate decides, and ends no run before it has [RUN-W02] [RUN-W13]', () =>
  holds('gate', explore(gateModel)));

it('gives a tick of a schedule one run, whatever meets [CTL-WS1]', () => holds('schedule', explore(scheduleModel)));
