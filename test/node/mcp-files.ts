import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { ROOT } from '../../infra/bundle/bundle.ts';
import type { Manifest } from '../../infra/local/content/apply.ts';
import { available, NAMESPACE, type Platform } from './platform.ts';

const IMAGE = 'registry.example/mcp-files:1';
const NAME = 'files';

/** Runs `server-filesystem` as an MCP server of the cluster, over a folder with one file. Returns its address. */
export async function startFilesServer({ kube, apply, loadImage }: Platform, content: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mcp-files-'));
  await build({
    entryPoints: [join(ROOT, 'node_modules/@modelcontextprotocol/server-filesystem/dist/index.js')],
    outfile: join(folder, 'server.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'error',
  });
  await mkdir(join(folder, 'data'));
  await writeFile(join(folder, 'data/hello.txt'), content);
  await loadImage(IMAGE, folder);
  await rm(folder, { recursive: true });
  await apply(objects());
  await available(kube, { namespace: NAMESPACE, name: NAME });
  return `http://${NAME}.${NAMESPACE}.svc:8080`;
}

/** As the MCPServer spec asks for it (controllers.md 7.1). */
function objects(): Manifest[] {
  const selector = { 'app.kubernetes.io/name': 'mcpserver', 'app.kubernetes.io/instance': NAME };
  const labels = { ...selector, 'app.kubernetes.io/managed-by': 'sympozium' };
  const metadata = { name: NAME, namespace: NAMESPACE };
  const env = {
    STDIO_CMD: 'node',
    STDIO_ARGS: '/srv/server.mjs,/srv/data',
    STDIO_SERVER_NAME: NAME,
    STDIO_PORT: '8080',
    LD_LIBRARY_PATH: '/adapter/lib',
  };
  const volumeMounts = [{ name: 'adapter-bin', mountPath: '/adapter' }];
  const probe = (path: string) => ({ httpGet: { path, port: 8080 }, periodSeconds: 1 });
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            initContainers: [
              {
                name: 'inject-adapter',
                image: 'ghcr.io/sympozium-ai/sympozium/mcp-bridge:latest',
                imagePullPolicy: 'IfNotPresent',
                args: ['--install', '/adapter'],
                volumeMounts,
              },
            ],
            containers: [
              {
                name: 'mcp-server',
                image: IMAGE,
                command: ['/adapter/mcp-bridge', '--stdio-adapter'],
                env: Object.entries(env).map(([name, value]) => ({ name, value })),
                readinessProbe: probe('/readyz'),
                livenessProbe: probe('/healthz'),
                volumeMounts,
              },
            ],
            volumes: [{ name: 'adapter-bin', emptyDir: {} }],
          },
        },
      },
    },
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { selector, ports: [{ name: 'http', port: 8080 }] } },
  ];
}
