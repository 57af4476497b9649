import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { Bench, Cluster } from './bench.ts';
import type { CountingProxy } from './counting-proxy.ts';

/** The cluster's kubeconfig with the proxy in the API server's place, and no credentials, which the proxy has. */
export async function proxied(
  { folder }: Bench,
  { kubeconfig }: Cluster,
  name: string,
  { url }: CountingProxy,
): Promise<string> {
  const path = join(folder, `${name}.kubeconfig`);
  const config = parse(await readFile(kubeconfig, 'utf8')) as Record<string, unknown>;
  const context = { name: 'proxy', context: { cluster: 'proxy', user: 'proxy' } };
  const replaced = {
    ...config,
    'current-context': 'proxy',
    contexts: [context],
    clusters: [{ name: 'proxy', cluster: { server: url } }],
    users: [{ name: 'proxy', user: {} }],
  };
  await writeFile(path, stringify(replaced));
  return path;
}
