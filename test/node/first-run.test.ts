import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AgentRun } from '../../crds/agentrun.ts';
import { isTerminalPhase } from '../../crds/conditions.ts';
import { KINDS } from '../../crds/group.ts';
import { LABELS } from '../../crds/labels.ts';
import { eventually, NAMESPACE, type Platform, startPlatform } from './platform.ts';

let platform: Platform;

beforeAll(async () => {
  platform = await startPlatform();
  await platform.apply([
    {
      apiVersion: 'sympozium.ai/v1alpha1',
      kind: 'SympoziumInstance',
      metadata: { name: 'assistant', namespace: NAMESPACE },
      spec: { agents: { default: { model: 'scripted' } } },
    },
  ]);
}, 600_000);

afterAll(() => platform?.stop(), 120_000);

async function answerTo(name: string, task: string, skills: string[] = []): Promise<AgentRun> {
  await platform.apply([
    {
      apiVersion: 'sympozium.ai/v1alpha1',
      kind: 'AgentRun',
      metadata: { name, namespace: NAMESPACE },
      spec: {
        instanceRef: 'assistant',
        agentId: 'primary',
        sessionKey: '',
        task,
        model: { provider: 'scripted', model: 'scripted', authSecretRef: '' },
        skills: skills.map((skillPackRef) => ({ skillPackRef })),
        timeout: '2m',
      },
    },
  ]);
  return eventually(`run ${name} ends`, async () => {
    const run = await platform.kube.get<AgentRun>(KINDS.AgentRun, { namespace: NAMESPACE, name });
    return isTerminalPhase(run?.status?.phase ?? '') ? run : undefined;
  });
}

describe('on a real node', () => {
  it('answers a task that was applied, with the control plane and the run in containers [RUN-020] [RUN-030] [RUN-065]', async () => {
    const run = await answerTo('first', '[[say: Forty-two.]]');
    expect(run.status).toMatchObject({ phase: 'Succeeded', result: 'Forty-two.' });
    expect(run.status?.podName).toMatch(/^first-/);
    // The mark: the bus, which takes nobody without credentials, has acknowledged the terminal event.
    await eventually('the bus acknowledges the end of the run', async () => {
      const { metadata } =
        (await platform.kube.get<AgentRun>(KINDS.AgentRun, { namespace: NAMESPACE, name: 'first' })) ?? run;
      return metadata.labels?.[LABELS.finished];
    });
  });

  it('lets a skill run commands, and its pod reach nothing that the network policy does not name [RUN-W18]', async () => {
    const targets = {
      api: 'https://kubernetes.default.svc/',
      host: 'http://sympozium-apiserver.sympozium-system.svc:8080/livez',
      relay: 'http://sympozium-relay.sympozium-system.svc:8788/healthz',
    };
    const script = `Promise.all(${JSON.stringify(Object.entries(targets))}.map(([name, url]) => fetch(url, {signal: AbortSignal.timeout(3000)}).then(() => name + "-reached", (error) => name + "-" + (error.cause?.code === "DEPTH_ZERO_SELF_SIGNED_CERT" ? "reached" : "closed")))).then((all) => console.log(all.join(" ")))`;
    const command = `node -e '${script}'`;
    const run = await answerTo('reach', `[[call: execute_command ${JSON.stringify({ command, timeout: 20 })}]]`, [
      'shell',
    ]);
    expect(run.status?.phase).toBe('Succeeded');
    expect(run.status?.result).toContain('api-closed host-closed relay-closed');
  });
});
