import type { KubeClient } from '../../../../shared/kube/client.ts';
import type { ReadData } from './container-env.ts';
import type { EventRecorder } from './event-recorder.ts';
import type { NodeFacts } from './field-ref.ts';
import type { ImageSource } from './images.ts';
import type { Isolation } from './isolation.ts';
import type { BackOff } from './pod-actions.ts';

/** What every pod of this node is run with. */
export interface PodContext {
  client: KubeClient;
  events: EventRecorder;
  node: NodeFacts;
  /** Folder of the kubelet. */
  dir: string;
  images: ImageSource;
  isolation: Isolation;
  /** Let containers run commands of the host even where nothing isolates them. */
  allowHostCommands: boolean;
  allowHostPath: boolean;
  backOff: BackOff;
  /** Environment that every container gets, such as where the API server is. */
  clusterEnv: Record<string, string>;
  readerFor(namespace: string): ReadData;
  tokenFor(request: {
    namespace: string;
    serviceAccount: string;
    pod: { name: string; uid: string };
    audience?: string;
    expirationSeconds?: number;
  }): Promise<string>;
  claimFolder(namespace: string, claimName: string): Promise<string | undefined>;
  log(message: string): void;
}
