import { lstat, mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { isMissing, writeFileAtomic } from '../ipc/files.ts';
import { describeError, type Log, type Redact } from '../ipc/log.ts';
import { watchFolders } from '../ipc/watch.ts';
import type { McpServerConfig } from './config.ts';
import { failed, type McpResult, resultOf } from './content.ts';
import { serverOf } from './offered-tools.ts';
import type { Servers } from './servers.ts';

export interface ServeOptions {
  configs: readonly McpServerConfig[];
  servers: Servers;
  /** Folders of this machine. */
  requests: string;
  scratch: string;
  /** Files whose appearance ends the run. */
  ends: readonly string[];
  redact: Redact;
  log: Log;
  /** Fires on SIGTERM. */
  stop: AbortSignal;
}

const MAX_AT_ONCE = 10;
const POLL_MS = 200;
const MAX_REQUEST_BYTES = 1024 * 1024;
/** Agents that do not rename files into place get this long to write one. */
const WRITING_MS = 500;
/** What calls get to end once nobody waits for them. */
const DRAIN_MS = 5000;

const requestSchema = z.object({
  id: z.string().nullish(),
  server: z.string().nullish(),
  tool: z.string(),
  arguments: z.record(z.string(), z.unknown()).nullish(),
  _meta: z.record(z.string(), z.unknown()).nullish(),
});

type Request = z.output<typeof requestSchema>;

/**
 * Answers `mcp-request-<id>.json` files, also those that were there before, until the run is over or `stop` fires
 * (controllers.md 7.4) [RUN-W57]. No request is carried out twice, not even after a restart of this program.
 */
export async function serveRequests(options: ServeOptions): Promise<void> {
  const { requests, ends, stop, log } = options;
  await mkdir(requests, { recursive: true });
  const changes = watchFolders([requests, ...new Set(ends.map((path) => join(path, '..')))]);
  const ended = new AbortController();
  const inFlight = new Map<string, Promise<void>>();
  stop.addEventListener('abort', changes.wake);
  try {
    log.info('Serving MCP calls', { servers: options.configs.length });
    while (!stop.aborted && !(await anyExists(ends))) {
      for (const id of await requestIds(requests)) {
        if (inFlight.size >= MAX_AT_ONCE) break;
        if (inFlight.has(id)) continue;
        inFlight.set(
          id,
          serve(id, options, ended.signal).finally(() => inFlight.delete(id)),
        );
      }
      await changes.next(POLL_MS);
    }
    await Promise.race([Promise.all(inFlight.values()), sleep(DRAIN_MS, undefined, { ref: false })]);
  } finally {
    ended.abort();
    stop.removeEventListener('abort', changes.wake);
    changes.close();
  }
}

async function requestIds(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  return names.flatMap((name) => /^mcp-request-(.+)\.json$/.exec(name)?.[1] ?? []).sort();
}

/** Answers one request, and takes it away once its result is there. Never throws. */
async function serve(name: string, options: ServeOptions, signal: AbortSignal): Promise<void> {
  const { requests, scratch, redact, log } = options;
  const requestPath = join(requests, `mcp-request-${name}.json`);
  const resultPath = join(requests, `mcp-result-${name}.json`);
  const claimPath = join(requests, `.claim-mcp-${name}`);
  try {
    const read = await readRequest(requestPath);
    if (read === undefined) return;
    if (!(await exists(resultPath))) {
      const result = (await claim(claimPath)) ? await answer(name, read, options, signal) : failed(name, INTERRUPTED);
      await writeFileAtomic(resultPath, redact(JSON.stringify(result)), { scratch });
    }
    await rm(requestPath, { force: true });
    await rm(claimPath, { recursive: true, force: true });
  } catch (error) {
    log.error('Could not serve a request', { request: name, error: describeError(error) });
  }
}

const INTERRUPTED = 'the MCP bridge was restarted during this call; whether it was carried out is not known';

/** The request, or what is wrong with it; undefined while it is absent or may still be written. */
async function readRequest(path: string): Promise<Request | string | undefined> {
  try {
    const info = await lstat(path);
    if (!info.isFile()) return 'a request must be a plain file';
    if (info.size > MAX_REQUEST_BYTES) return `a request must have at most ${MAX_REQUEST_BYTES} bytes`;
    const json = jsonOf(await readFile(path, 'utf8'));
    if (json === undefined) return Date.now() - info.mtimeMs < WRITING_MS ? undefined : INVALID;
    const parsed = requestSchema.safeParse(json);
    return parsed.success ? parsed.data : INVALID;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

const INVALID = 'invalid request JSON';

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A folder can be made only once: false means that an earlier life of this program began with the request. */
async function claim(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

async function answer(
  name: string,
  request: Request | string,
  { configs, servers }: ServeOptions,
  signal: AbortSignal,
): Promise<McpResult> {
  if (typeof request === 'string') return failed(name, request);
  const id = request.id || name;
  const server = request.server
    ? configs.find((config) => config.name === request.server)
    : serverOf(request.tool, configs);
  if (server === undefined) {
    return failed(
      id,
      request.server
        ? `MCP server "${request.server}" not connected: this run has no server of that name`
        : `no MCP server found for tool "${request.tool}"`,
    );
  }
  try {
    const offered = (await servers.tools(server)).get(request.tool);
    if (offered === undefined) return failed(id, `tool "${request.tool}" is not available (filtered)`);
    const call = { tool: offered.tool, input: request.arguments ?? {}, meta: request._meta ?? undefined };
    return resultOf(id, await servers.call(server, call, signal));
  } catch (error) {
    return failed(id, describeError(error));
  }
}

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );

const anyExists = async (paths: readonly string[]) => (await Promise.all(paths.map(exists))).includes(true);
