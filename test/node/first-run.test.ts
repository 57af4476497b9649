import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AgentRun } from '../../crds/agentrun.ts';
import { isTerminalPhase } from '../../crds/conditions.ts';
import { KINDS } from '../../crds/group.ts';
import { LABELS } from '../../crds/labels.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { CLUSTER_ROLES, PODS, ROLES } from '../../shared/kube/resources.ts';
import { startFilesServer } from './mcp-files.ts';
import { eventually, NAMESPACE, NODE_IMAGE, type Platform, startPlatform } from './platform.ts';

let platform: Platform;

beforeAll(async () => {
  platform = await startPlatform();
  await platform.apply([
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'github-gitops-token', namespace: 'sympozium-system' },
      data: { GH_TOKEN: Buffer.from('from-the-secret').toString('base64') },
    },
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

  it('gives built-in skills the programs that their texts name, kubectl under the rights of the run alone', async () => {
    await platform.apply([toTheApiServer({ 'sympozium.ai/agent-run': 'tools' })]);
    const commands = [
      {
        target: 'k8s-ops',
        command: 'kubectl get pods -o name && kubectl auth can-i get secrets; curl --version | head -1; jq --version',
      },
      { target: 'github-gitops', command: 'git --version && gh --version | head -1; echo token-$GH_TOKEN' },
    ];
    const task = commands.map((one) => called('execute_command', { ...one, timeout: 20 })).join(' ');
    const run = await answerTo('tools', task, ['k8s-ops', 'github-gitops']);
    expect(run.status?.phase, run.status?.error).toBe('Succeeded');
    for (const text of [
      /pod\/tools-/,
      /^no$/m,
      /curl 7|curl 8/,
      /jq-1/,
      /git version 2/,
      /gh version 2/,
      /token-from-the-secret/,
    ]) {
      expect(run.status?.result).toMatch(text);
    }
  });

  it('takes a full run from create to answer: two skills with rights, a hook, a gate, memory and an MCP server [RUN-092] [RUN-096] [RUN-W17] [RUN-W18] [CTL-131] [CTL-WM5]', async () => {
    const { url, tools } = await startFilesServer(platform, 'what the file says');
    expect(tools).toContain('files_read_text_file');
    await platform.apply([
      ...neighbour(),
      grantable([{ apiGroups: [''], resources: ['nodes'], verbs: ['list'] }]),
      skillPack('pods', { rbac: [{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }] }),
      skillPack('nodes', { clusterRBAC: [{ apiGroups: [''], resources: ['nodes'], verbs: ['list'] }] }),
      {
        ...sympozium('SympoziumInstance', 'full'),
        spec: {
          agents: { default: { model: 'scripted' } },
          skills: ['memory', 'pods', 'nodes'].map((skillPackRef) => ({ skillPackRef })),
          mcpServers: [{ name: 'files', toolsPrefix: 'files', toolsAllow: ['read_text_file'] }],
        },
      },
      toTheApiServer({ 'sympozium.ai/agent-run': 'full' }),
      {
        ...sympozium('AgentRun', 'full'),
        spec: {
          instanceRef: 'full',
          agentId: 'primary',
          sessionKey: '',
          task: [
            called('read_file', { path: '/workspace/marker' }),
            called('files_read_text_file', { path: '/srv/data/hello.txt' }),
            called('files_list_directory', { path: '/srv/data' }),
            called('memory_store', { content: 'the blue lantern' }),
            called('memory_search', { query: 'lantern' }),
            called('execute_command', { command: asked(OWN), target: 'pods', timeout: 20 }),
            called('execute_command', { command: asked(CLOSED), target: 'nodes', timeout: 20 }),
          ].join(' '),
          model: { provider: 'scripted', model: 'scripted', authSecretRef: '' },
          timeout: '3m',
          lifecycle: {
            preRun: [
              { name: 'write', image: NODE_IMAGE, command: ['sh', '-c', 'echo from the hook > /workspace/marker'] },
            ],
            postRun: [
              {
                name: 'review',
                gate: true,
                image: NODE_IMAGE,
                command: ['sh', '-c', 'grep hook /workspace/marker && sleep 100'],
              },
            ],
          },
        },
      },
    ]);
    const at = { resource: KINDS.AgentRun, namespace: NAMESPACE, name: 'full' };
    const run = () => platform.kube.get<AgentRun>(KINDS.AgentRun, at);
    await eventually('the gate holds the answer', async () => {
      const phase = (await run())?.status?.phase ?? '';
      if (isTerminalPhase(phase)) throw new Error(JSON.stringify((await run())?.status));
      return phase === 'PostRunning' ? true : undefined;
    });
    const rights = () =>
      Promise.all(RIGHTS.map(([resource, name]) => platform.kube.get(resource, { namespace: NAMESPACE, name })));
    expect(await rights()).not.toContain(undefined);
    const annotations = { 'sympozium.ai/gate-verdict': '{"action":"approve"}' };
    await platform.kube.mergePatch(at, { metadata: { annotations } }, { fieldManager: 'test' });
    const ended = await eventually('the run ends', async () => {
      const current = await run();
      return isTerminalPhase(current?.status?.phase ?? '') ? current : undefined;
    });
    expect(ended.status).toMatchObject({ phase: 'Succeeded', gateVerdict: 'approved' });
    const said = ended.status?.result ?? '';
    for (const text of ['from the hook', 'what the file says', 'the blue lantern', 'pods-200 nodes-200 secrets-403']) {
      expect(said).toContain(text);
    }
    expect(said).toContain('host-closed relay-closed neighbour-closed');
    await eventually('its rights are gone', async () =>
      (await rights()).every((one) => one === undefined) ? true : undefined,
    );
    // The same addresses are open where no policy closes them, but the MCP server is for runs alone.
    const stranger = await logOf('stranger', asked({ ...CLOSED, files: url }));
    expect(stranger).toContain('neighbour-200');
    expect(stranger).toContain('files-closed');
  });
});

const sympozium = (kind: string, name: string) => ({
  apiVersion: 'sympozium.ai/v1alpha1',
  kind,
  metadata: { name, namespace: NAMESPACE },
});

const skillPack = (name: string, rights: object) => ({
  ...sympozium('SkillPack', name),
  spec: {
    skills: [{ name, content: `Ask for ${name}.` }],
    sidecar: { image: 'ghcr.io/sympozium-ai/sympozium/skill-executor:latest', ...rights },
  },
});

const called = (tool: string, input: object): string => `[[call: ${tool} ${JSON.stringify(input)}]]`;

const OWN = {
  pods: `https://kubernetes.default.svc/api/v1/namespaces/${NAMESPACE}/pods`,
  nodes: 'https://kubernetes.default.svc/api/v1/nodes',
  secrets: `https://kubernetes.default.svc/api/v1/namespaces/${NAMESPACE}/secrets`,
};
const CLOSED = {
  host: 'http://sympozium-apiserver.sympozium-system.svc:8080/livez',
  relay: 'http://sympozium-relay.sympozium-system.svc:8788/healthz',
  neighbour: `http://neighbour.${NAMESPACE}.svc:8080/`,
};

/** A command that asks each address, with the pod's token where it has one, and prints `<name>-<status>` or `<name>-closed`. */
function asked(targets: Record<string, string>): string {
  const account = '/var/run/secrets/kubernetes.io/serviceaccount';
  const script = `
    const headers = fs.existsSync("${account}/token") ? { authorization: "Bearer " + fs.readFileSync("${account}/token", "utf8") } : {};
    const ask = ([name, url]) => fetch(url, { headers, signal: AbortSignal.timeout(3000) }).then(({ status }) => name + "-" + status, () => name + "-closed");
    Promise.all(${JSON.stringify(Object.entries(targets))}.map(ask)).then((all) => console.log(all.join(" ")));`;
  return `NODE_EXTRA_CA_CERTS=${account}/ca.crt node -e '${script.replaceAll(/\s+/g, ' ')}'`;
}

/** What skills may be given: the control plane can give no rights that an administrator has not given it. */
const grantable = (rules: object[]) => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: { name: 'grantable-to-skills', labels: { 'sympozium.ai/grantable': 'true' } },
  rules,
});

/** What these pods may reach besides: an administrator's choice, since skills with rights need it. */
const toTheApiServer = (matchLabels: Record<string, string>) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'to-the-api-server', namespace: NAMESPACE },
  spec: {
    podSelector: { matchLabels },
    policyTypes: ['Egress'],
    egress: [{ to: [{ ipBlock: { cidr: '10.97.255.1/32' } }], ports: [{ port: 6443, protocol: 'TCP' }] }],
  },
});

const RIGHTS = [
  [ROLES, 'sympozium-skill-pods-full'],
  [CLUSTER_ROLES, `sympozium-skill-nodes:${NAMESPACE}:full`],
] as const;

/** What a command prints in a pod that is no agent's. */
async function logOf(name: string, command: string): Promise<string> {
  const spec = {
    restartPolicy: 'Never',
    containers: [{ name: 'main', image: NODE_IMAGE, command: ['sh', '-c', command] }],
  };
  const at = { resource: PODS, namespace: NAMESPACE, name };
  await platform.apply([{ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: NAMESPACE }, spec }]);
  await eventually(`pod ${name} ends`, async () => {
    const pod = await platform.kube.get<KubeObject & { status?: { phase?: string } }>(PODS, at);
    return pod?.status?.phase === 'Succeeded' ? true : undefined;
  });
  return platform.kube.logs({ namespace: NAMESPACE, name }, { container: 'main' });
}

/** A pod that listens to everybody, as far as its own policies go. */
function neighbour() {
  const metadata = { name: 'neighbour', namespace: NAMESPACE };
  const labels = { app: 'neighbour' };
  const command = ['node', '-e', 'require("node:http").createServer((_, answer) => answer.end("hello")).listen(8080)'];
  return [
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...metadata, labels },
      spec: { containers: [{ name: 'main', image: NODE_IMAGE, command }] },
    },
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { selector: labels, ports: [{ port: 8080 }] } },
  ];
}
