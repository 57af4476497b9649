import { cpus, hostname, release, totalmem } from 'node:os';
import type { KubeClient } from '../../../../shared/kube/client.ts';
import type { KubeObject } from '../../../../shared/kube/objects.ts';
import { pathOf } from '../../../../shared/kube/resources.ts';
import { isConflict } from '../../../../shared/kube/status-error.ts';
import { NODES } from '../client/resources.ts';

const FIELD_MANAGER = 'kubelet';

export function nodeLabels(name: string): Record<string, string> {
  const arch = process.arch === 'x64' ? 'amd64' : process.arch;
  return {
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': process.platform === 'win32' ? 'windows' : process.platform,
    'kubernetes.io/arch': arch,
    'node.kubernetes.io/instance-type': 'embedded',
  };
}

/** Registers this machine as the cluster's node and marks it ready. A node of that name that is there already is taken over. */
export async function registerNode(client: KubeClient, name: string, address: string): Promise<void> {
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name, labels: nodeLabels(name) }, spec: {} };
  await client.create<KubeObject>(NODES, node, { fieldManager: FIELD_MANAGER }).catch((error: unknown) => {
    if (!isConflict(error)) throw error;
  });
  await setReady(client, name, address, true);
}

/** Ready, or not when the kubelet ends. */
export async function setReady(client: KubeClient, name: string, address: string, ready: boolean): Promise<void> {
  const now = `${new Date().toISOString().slice(0, 19)}Z`;
  const amounts = { cpu: String(cpus().length), memory: `${Math.floor(totalmem() / 1024)}Ki`, pods: '110' };
  const condition = (type: string, status: string, reason: string, message: string) => ({
    ...{ type, status, reason, message },
    ...{ lastHeartbeatTime: now, lastTransitionTime: now },
  });
  const status = {
    addresses: [
      { type: 'InternalIP', address },
      { type: 'Hostname', address: name },
    ],
    capacity: amounts,
    allocatable: amounts,
    conditions: [
      condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
      condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
      condition('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
      ready
        ? condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status')
        : condition('Ready', 'False', 'KubeletNotReady', 'the embedded cluster is not running'),
    ],
    nodeInfo: {
      machineID: hostname(),
      systemUUID: hostname(),
      bootID: hostname(),
      kernelVersion: release(),
      osImage: `${process.platform} (local processes)`,
      containerRuntimeVersion: `local://${process.version}`,
      kubeletVersion: 'v1.34.4',
      kubeProxyVersion: '',
      operatingSystem: process.platform,
      architecture: nodeLabels(name)['kubernetes.io/arch'] ?? process.arch,
    },
  };
  await client.json({
    method: 'PATCH',
    path: `${pathOf(NODES, undefined, name)}/status`,
    query: { fieldManager: FIELD_MANAGER },
    body: { status },
    contentType: 'application/merge-patch+json',
  });
}
