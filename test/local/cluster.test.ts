import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Job, Pod } from '../../infra/local/cluster/client/core-types.ts';
import { type Cluster, startCluster } from '../../infra/local/cluster/cluster.ts';
import { programImages } from '../../infra/local/cluster/kubelet/images.ts';
import { createKubeClient, type KubeClient } from '../../shared/kube/client.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { CONFIG_MAPS, JOBS, PODS, SECRETS } from '../../shared/kube/resources.ts';

/** Reads its volume and environment, and leaves a file for its neighbour, as our agent and bridge do. */
const PROGRAM = `
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
const map = JSON.parse(process.env.SYMPOZIUM_ROOTFS_MAP ?? '{}');
const at = (path) => Object.keys(map).reduce((p, mount) => p.startsWith(mount + '/') ? map[mount] + p.slice(mount.length) : p, path);
if (process.env.ROLE === 'agent') {
  console.log('task: ' + process.env.TASK + ', config: ' + readFileSync(at('/config/text'), 'utf8') + ', key: ' + process.env.KEY);
  console.log('home: ' + existsSync('/root/.') + ', isolation: ' + process.env.SYMPOZIUM_ISOLATION);
  writeFileSync(at('/ipc/done'), 'done');
  process.exit(Number(process.env.CODE ?? 0));
}
const timer = setInterval(() => { if (existsSync(at('/ipc/done'))) { console.log('saw it'); clearInterval(timer); } }, 20);
`;

let root: string;
let cluster: Cluster;
let kube: KubeClient;

function start(): Promise<Cluster> {
  const images = programImages({ programs: join(root, 'programs'), names: ['program'] });
  return startCluster({ dataDir: join(root, 'data'), images, jobs: { podBackoffMs: 10 } });
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'cluster-'));
  await mkdir(join(root, 'programs'));
  await writeFile(join(root, 'programs', 'program.js'), PROGRAM);
  await writeFile(join(root, 'programs', 'package.json'), '{"type":"module"}');
  cluster = await start();
  kube = createKubeClient(cluster.connection);
  const options = { fieldManager: 'test' };
  const metadata = { name: 'config', namespace: 'default' };
  const data = { text: 'from a ConfigMap' };
  await kube.create<KubeObject & { data: unknown }>(
    CONFIG_MAPS,
    { apiVersion: 'v1', kind: 'ConfigMap', metadata, data },
    options,
  );
  const stringData = { key: 'hidden' };
  await kube.create<KubeObject & { stringData: unknown }>(
    SECRETS,
    { apiVersion: 'v1', kind: 'Secret', metadata, stringData },
    options,
  );
});

afterAll(async () => {
  kube?.close();
  await cluster?.close();
  await rm(root, { recursive: true, force: true });
});

async function createJob(name: string, code = 0, image = 'registry.example/program:v1'): Promise<void> {
  const volumeMounts = [{ name: 'ipc', mountPath: '/ipc' }];
  const env = [
    { name: 'ROLE', value: 'agent' },
    { name: 'TASK', value: 'say $(ROLE)' },
    { name: 'CODE', value: String(code) },
    { name: 'KEY', valueFrom: { secretKeyRef: { name: 'config', key: 'key' } } },
  ];
  const job: Job = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: 'default' },
    spec: {
      backoffLimit: 0,
      template: {
        spec: {
          restartPolicy: 'Never',
          volumes: [
            { name: 'ipc', emptyDir: { medium: 'Memory', sizeLimit: '64Mi' } },
            { name: 'config', configMap: { name: 'config' } },
          ],
          containers: [
            { name: 'agent', image, env, volumeMounts: [...volumeMounts, { name: 'config', mountPath: '/config' }] },
            { name: 'bridge', image, volumeMounts },
          ],
        },
      },
    },
  };
  await kube.create(JOBS, job, { fieldManager: 'test' });
}

const job = (name: string): Promise<Job | undefined> => kube.get<Job>(JOBS, { namespace: 'default', name });

async function podOf(name: string): Promise<Pod> {
  const { items } = await kube.list<Pod>(PODS, { namespace: 'default', labelSelector: `job-name=${name}` });
  const [pod] = items;
  if (pod === undefined) throw new Error(`Job ${name} has no pod`);
  return pod;
}

async function conditionOf(name: string, type: string): Promise<string | undefined> {
  const found = (await job(name))?.status?.conditions?.find((condition) => condition.type === type);
  return found?.status === 'True' ? found.reason : undefined;
}

const PATIENCE = { timeout: 30_000, interval: 50 };

describe('the embedded cluster', () => {
  it('runs a Job of two containers to Complete, and its logs can be read, when the image is a program of ours', async () => {
    await createJob('good');
    await vi.waitFor(async () => expect(await conditionOf('good', 'Complete')).toBe('CompletionsReached'), PATIENCE);
    const pod = await podOf('good');
    const at = { namespace: 'default', name: pod.metadata.name };
    expect(await kube.logs(at, { container: 'agent' })).toContain(
      'task: say agent, config: from a ConfigMap, key: hidden\n',
    );
    expect(await kube.logs(at, { container: 'bridge' })).toBe('saw it\n');
    expect(pod.status).toMatchObject({ phase: 'Succeeded', podIP: '127.0.0.1' });
    expect((await job('good'))?.status).toMatchObject({ succeeded: 1 });
  });

  it('shows nothing of the home folder when something isolates containers', async () => {
    const pod = await podOf('good');
    const log = await kube.logs({ namespace: 'default', name: pod.metadata.name }, { container: 'agent' });
    expect(log).toContain(`isolation: ${cluster.isolation}`);
    if (cluster.isolation !== 'none') expect(log).toContain('home: false');
  });

  it('fails the Job with BackoffLimitExceeded when its agent ends with an error', async () => {
    await createJob('bad', 3);
    await vi.waitFor(async () => expect(await conditionOf('bad', 'Failed')).toBe('BackoffLimitExceeded'), PATIENCE);
    const agent = (await podOf('bad')).status?.containerStatuses?.find(({ name }) => name === 'agent');
    expect(agent?.state.terminated).toMatchObject({ exitCode: 3, reason: 'Error' });
  });

  it('says what can be run when an image cannot', async () => {
    await createJob('foreign', 0, 'nginx:1');
    const waiting = async () => (await podOf('foreign')).status?.containerStatuses?.[0]?.state.waiting;
    await vi.waitFor(async () => expect((await waiting())?.reason).toBe('ImagePullBackOff'), PATIENCE);
    expect((await waiting())?.message).toContain('the embedded cluster only runs program');
  });

  it('ends a container that ignores its end after the grace period, when its pod is deleted', async () => {
    const metadata = { name: 'stubborn', namespace: 'default' };
    const env = [{ name: 'ROLE', value: 'waits for ever' }];
    const spec = {
      terminationGracePeriodSeconds: 1,
      containers: [{ name: 'c', image: 'program', env, volumeMounts: [] }],
    };
    await kube.create<Pod>(PODS, { apiVersion: 'v1', kind: 'Pod', metadata, spec }, { fieldManager: 'test' });
    const stubborn = () => kube.get<Pod>(PODS, metadata);
    await vi.waitFor(async () => expect((await stubborn())?.status?.phase).toBe('Running'), PATIENCE);
    await kube.remove({ resource: PODS, ...metadata });
    await vi.waitFor(async () => expect(await stubborn()).toBeUndefined(), PATIENCE);
  });

  it('takes the pods with it when a Job is deleted', async () => {
    await kube.remove({ resource: JOBS, namespace: 'default', name: 'foreign' });
    const left = async () =>
      (await kube.list(PODS, { namespace: 'default', labelSelector: 'job-name=foreign' })).items.length;
    await vi.waitFor(async () => expect(await left()).toBe(0), PATIENCE);
  });

  it('remembers everything, and runs nothing twice, when it is started again', async () => {
    const before = await podOf('good');
    kube.close();
    await cluster.close();
    cluster = await start();
    kube = createKubeClient(cluster.connection);
    expect((await podOf('good')).metadata.uid).toBe(before.metadata.uid);
    expect(await conditionOf('good', 'Complete')).toBe('CompletionsReached');
    expect(await kube.logs({ namespace: 'default', name: before.metadata.name }, { container: 'bridge' })).toBe(
      'saw it\n',
    );
  });
});
