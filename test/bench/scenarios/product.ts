import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentRun } from '../../../crds/agentrun.ts';
import { isTerminalPhase } from '../../../crds/conditions.ts';
import { createKubeClient } from '../../../shared/kube/client.ts';
import { connectionFromKubeconfig } from '../../../shared/kube/connection.ts';
import { type Bench, INSTANCE } from '../bench.ts';
import type { Figure } from '../figure.ts';
import { atRate, closedLoop, names } from '../load.ts';
import { residentMb } from '../process-memory.ts';
import { type Product, startProduct } from '../product.ts';
import { createRun, durations } from '../runs.ts';
import { percentile } from '../stats.ts';
import { type Timeline, watchRuns } from '../timeline.ts';

const NAMESPACE = 'default';
const CALM_RUNS = 20;
const CALM_RATE = 0.5;
const LOOP_MS = 20_000;
const IN_FLIGHT = [1, 16];
const FIRST_RUN_MS = 60_000;

/** What `npm start` gives: time to ready and to the first answer, pace with real agents and the scripted model, memory. */
export async function measureProduct({ folder, tell }: Bench): Promise<Figure[]> {
  const product = await startProduct(join(folder, 'product'));
  const kube = createKubeClient(connectionFromKubeconfig(product.kubeconfig));
  try {
    tell(`npm start was ready after ${Math.round(product.readyMs)} ms`);
    const answerMs = await firstAnswer(product);
    const atRest = await memory(product, 'after the first run');
    const timeline = await watchRuns(kube, NAMESPACE);
    const create = (name: string) => createRun(kube, NAMESPACE, name, timeline);
    tell(`${CALM_RUNS} runs, ${CALM_RATE} per second`);
    await atRate(names('calm', CALM_RUNS), CALM_RATE, create);
    await timeline.until('releasedAt', CALM_RUNS);
    const calm = calmFigures(timeline);
    const loops: Figure[] = [];
    for (const inFlight of IN_FLIGHT) {
      tell(`${inFlight} runs in flight`);
      loops.push(await loop(timeline, create, inFlight));
    }
    const count = timeline.records().length;
    await timeline.until('releasedAt', count);
    timeline.stop();
    return [
      figure('ready after', product.readyMs / 1000, 's', 'start of the process to its line, in an empty folder', 15),
      figure('first answer after', answerMs / 1000, 's', 'POST /api/v1/runs to a terminal phase, asked every 20 ms', 5),
      ...calm,
      ...loops,
      ...atRest,
      ...(await memory(product, `after ${count + 1} runs`)),
    ];
  } finally {
    kube.close();
    await product.stop();
  }
}

async function firstAnswer({ url, token }: Product): Promise<number> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ instanceRef: INSTANCE, task: 'Say hello.', name: 'first' });
  const begin = performance.now();
  const created = await fetch(`${url}/api/v1/runs`, { method: 'POST', headers, body });
  if (!created.ok) throw new Error(`POST /api/v1/runs answered ${created.status}: ${await created.text()}`);
  while (performance.now() - begin < FIRST_RUN_MS) {
    const { status } = (await (await fetch(`${url}/api/v1/runs/first`, { headers })).json()) as AgentRun;
    if (isTerminalPhase(status?.phase)) {
      if (status?.phase !== 'Succeeded') throw new Error(`The first run failed: ${status?.error}`);
      return performance.now() - begin;
    }
    await sleep(20);
  }
  throw new Error(`The first run had no end after ${FIRST_RUN_MS / 1000} s`);
}

function calmFigures(timeline: Timeline): Figure[] {
  const records = timeline.records();
  const from = `${records.length} runs at ${CALM_RATE} per second with the scripted model; arrival of watch events`;
  const toJob = durations(records, 'sentAt', 'jobAt');
  const toTerminal = durations(records, 'sentAt', 'terminalAt');
  return [
    figure('create → Job p50', percentile(toJob, 0.5), 'ms', from),
    figure('create → Job p99', percentile(toJob, 0.99), 'ms', from),
    figure('create → terminal p50', percentile(toTerminal, 0.5) / 1000, 's', from),
    figure('create → terminal p99', percentile(toTerminal, 0.99) / 1000, 's', from),
    figure('runs not Succeeded', records.filter(({ phase }) => phase !== 'Succeeded').length, '', from, 0),
  ];
}

async function loop(timeline: Timeline, create: (name: string) => Promise<void>, inFlight: number): Promise<Figure> {
  const perSecond = await closedLoop(inFlight, LOOP_MS, async (index) => {
    const name = `loop-${inFlight}-${index}`;
    const terminal = timeline.terminal(name);
    await create(name);
    await terminal;
  });
  return figure(
    `runs per second, ${inFlight} in flight`,
    perSecond,
    '1/s',
    'closed loop with real agents and the scripted model',
  );
}

async function memory(product: Product, when: string): Promise<Figure[]> {
  const pids = [...(await product.pids())];
  return Promise.all(
    pids.map(async ([name, pid]) => figure(`${name} ${when}`, await residentMb(pid), 'MB', 'VmRSS of the process')),
  );
}

function figure(name: string, value: number, unit: Figure['unit'], from: string, limit?: number): Figure {
  return { scenario: 'npm start', name, value, unit, from, ...(limit !== undefined && { limit }) };
}
