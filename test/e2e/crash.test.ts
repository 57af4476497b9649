import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect, credsAuthenticator } from 'nats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AgentRun, AgentRunInput } from '../../crds/agentrun.ts';
import { isTerminalPhase } from '../../crds/conditions.ts';
import { KINDS } from '../../crds/group.ts';
import type { State } from '../../infra/local/state.ts';
import { relayCredentials } from '../../shared/bus/credentials.ts';
import type { KubeClient } from '../../shared/kube/client.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { JOBS } from '../../shared/kube/resources.ts';
import { createSession, type Session } from './session.ts';

const RUNS = 50;
let session: Session;
let kube: KubeClient;

beforeAll(async () => {
  session = await createSession();
  await session.start();
  kube = session.kube();
}, 180_000);
afterAll(() => session.remove(), 60_000);

/** Ends the one process whose command line holds both words, without a chance to clean up. */
function killHard(program: string): void {
  const lines = execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' }).split('\n');
  const found = lines.filter((line) => line.includes(program) && line.includes(session.folder));
  for (const line of found) process.kill(Number(line.trim().split(' ')[0]), 'SIGKILL');
  expect(found.length).toBeGreaterThan(0);
}

function runNamed(name: string): AgentRunInput & KubeObject {
  return {
    apiVersion: 'sympozium.ai/v1alpha1',
    kind: 'AgentRun',
    metadata: { name, namespace: 'default', labels: { 'sympozium.ai/instance': 'default' } },
    spec: {
      instanceRef: 'default',
      agentId: 'primary',
      sessionKey: '',
      task: `[[say: ${name}]]`,
      model: { provider: 'scripted', model: 'scripted', authSecretRef: '' },
    },
  };
}

async function terminalEvents(): Promise<Map<string, number>> {
  const state = JSON.parse(await readFile(join(session.folder, 'state.json'), 'utf8')) as State;
  const authenticator = credsAuthenticator(new TextEncoder().encode(relayCredentials(state.busSecret)));
  const bus = await connect({ servers: `127.0.0.1:${state.ports.nats}`, authenticator });
  const counts = new Map<string, number>();
  const js = bus.jetstream();
  for (const subject of ['sympozium.agent.run.completed', 'sympozium.agent.run.failed']) {
    const consumer = await js.consumers.get('sympozium', { filterSubjects: [subject] });
    const { num_pending: pending } = await consumer.info();
    if (pending === 0) continue;
    for await (const message of await consumer.fetch({ max_messages: pending, expires: 5_000 })) {
      const { metadata } = message.json<{ metadata: { agentRunID: string } }>();
      counts.set(metadata.agentRunID, (counts.get(metadata.agentRunID) ?? 0) + 1);
    }
  }
  await bus.close();
  return counts;
}

describe('a crash while 50 runs are in flight', () => {
  it.each([
    { victim: 'relay', program: 'relay/main.js' },
    { victim: 'host', program: 'host/main.js' },
    { victim: 'nats', program: 'nats.conf' },
  ])(
    'of $victim leaves every run with one Job, one terminal state and one terminal event',
    async ({ victim, program }) => {
      const names = Array.from({ length: RUNS }, (_, n) => `${victim}-${n}`);
      await Promise.all(names.map((name) => kube.create(KINDS.AgentRun, runNamed(name), { fieldManager: 'test' })));
      await expect.poll(async () => (await ended(names)).length, { timeout: 60_000, interval: 100 }).toBeGreaterThan(3);
      killHard(program);

      await expect.poll(async () => (await ended(names)).length, { timeout: 120_000, interval: 500 }).toBe(RUNS);
      const runs = await ended(names);
      expect(
        runs
          .filter(({ status }) => status?.phase !== 'Succeeded')
          .map(({ metadata, status }) => [metadata.name, status]),
      ).toEqual([]);
      expect(runs.map(({ metadata, status }) => [metadata.name, status?.result])).toEqual(
        runs.map(({ metadata }) => [metadata.name, metadata.name]),
      );

      const { items: jobs } = await kube.list(JOBS, { namespace: 'default' });
      expect(jobs.filter(({ metadata }) => metadata.name.startsWith(`${victim}-`)).length).toBe(RUNS);
      await expect
        .poll(
          async () => {
            const events = await terminalEvents();
            return names.filter((name) => events.get(name) !== 1);
          },
          { timeout: 60_000, interval: 1000 },
        )
        .toEqual([]);
    },
    300_000,
  );
});

async function ended(names: readonly string[]): Promise<AgentRun[]> {
  const { items } = await kube.list<AgentRun>(KINDS.AgentRun, { namespace: 'default' });
  return items.filter(({ metadata, status }) => names.includes(metadata.name) && isTerminalPhase(status?.phase ?? ''));
}
