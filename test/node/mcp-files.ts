import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { API_VERSION, KINDS } from '../../crds/group.ts';
import type { McpServer } from '../../crds/mcpserver.ts';
import { ROOT } from '../../infra/bundle/bundle.ts';
import type { Manifest } from '../../infra/local/content/apply.ts';
import { eventually, NAMESPACE, type Platform } from './platform.ts';

const IMAGE = 'registry.example/mcp-files:1';
const NAME = 'files';

/** Runs `server-filesystem` as an MCPServer, over a folder with one file. Returns its address and its tools. */
export async function startFilesServer(
  { kube, apply, loadImage }: Platform,
  content: string,
): Promise<{ url: string; tools: string[] }> {
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
  await apply([server()]);
  const at = { namespace: NAMESPACE, name: NAME };
  const status = await eventually('the MCP server is ready and its tools are known', async () => {
    const found = (await kube.get<McpServer>(KINDS.MCPServer, at))?.status;
    return found?.ready === true && (found.toolCount ?? 0) > 0 ? found : undefined;
  });
  return { url: status.url ?? '', tools: status.tools ?? [] };
}

const server = (): Manifest => ({
  apiVersion: API_VERSION,
  kind: 'MCPServer',
  metadata: { name: NAME, namespace: NAMESPACE },
  spec: {
    transportType: 'stdio',
    toolsPrefix: NAME,
    deployment: { image: IMAGE, cmd: 'node', args: ['/srv/server.mjs', '/srv/data'] },
  },
});
