import type { Webhooks } from './admission/webhooks.ts';
import type { Rbac } from './auth/rbac.ts';
import type { TokenIssuer } from './auth/tokens.ts';
import type { Registry } from './registry.ts';
import type { Store } from './storage/store.ts';

/** Options of a log request, from its query. */
export interface LogOptions {
  follow: boolean;
  previous: boolean;
  timestamps: boolean;
  tailLines?: number;
  sinceSeconds?: number;
  sinceTime?: string;
  limitBytes?: number;
  signal: AbortSignal;
}

/** A container's log; throws with a message for people when there is none. */
export type KubeletLogs = (
  namespace: string,
  pod: string,
  container: string,
  options: LogOptions,
) => AsyncIterable<Buffer> | Promise<AsyncIterable<Buffer>>;

/** What the request handlers share. */
export interface ClusterState {
  store: Store;
  registry: Registry;
  rbac: Rbac;
  tokens: TokenIssuer;
  webhooks: Webhooks;
  kubeletLogs: KubeletLogs | undefined;
  now: () => Date;
}
