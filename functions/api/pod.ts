import type { KubeObject } from '../../shared/kube/objects.ts';

/** `core/v1` Pod, as far as the API looks at it. */
export interface Pod extends KubeObject {
  spec?: { nodeName?: string; containers?: { name: string }[]; initContainers?: { name: string }[] };
  status?: {
    phase?: string;
    podIP?: string;
    startTime?: string;
    containerStatuses?: { name: string; restartCount: number }[];
  };
}

/** Container of a run's pod that the agent runs in. */
const AGENT_CONTAINER = 'agent';

/** The container whose log is meant: the one asked for, else the agent's, else the first (API-W42). */
export function containerOf(pod: Pod, asked: string | undefined): string {
  const names = pod.spec?.containers?.map(({ name }) => name) ?? [];
  return asked || names.find((name) => name === AGENT_CONTAINER) || (names[0] ?? '');
}
