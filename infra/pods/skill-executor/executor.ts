import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { isMissing, writeFileAtomic } from '../ipc/files.ts';
import { describeError, type Log } from '../ipc/log.ts';
import type { PathMap } from '../ipc/paths.ts';
import type { ExecResult, ExecutorAnnouncement } from '../ipc/protocol.ts';
import { watchFolders } from '../ipc/watch.ts';
import { type CommandResult, runCommand } from './command.ts';
import type { ExecutorConfig } from './config.ts';

export interface ExecutorOptions {
  config: ExecutorConfig;
  paths: PathMap;
  /** Environment of the commands. */
  env: Record<string, string>;
  log: Log;
  /** Fires on SIGTERM. */
  stop: AbortSignal;
}

const POLL_MS = 200;

/** Loose: requests of the original lack some fields, and Go writes empty lists as null. */
const requestSchema = z.object({
  command: z.string(),
  args: z.array(z.string()).nullish(),
  workDir: z.string().nullish(),
  timeout: z.number().nullish(),
  stdin: z.string().nullish(),
  target: z.string().nullish(),
});

type Request = z.output<typeof requestSchema>;

/**
 * Serves `exec-request-<id>.json` files until `/ipc/done` appears or `stop` fires (agentrun.md 6.4). Several executors may
 * watch one folder: a request is run by the one it names, else by whoever claims it first (RUN-W30).
 */
export async function runExecutor(options: ExecutorOptions): Promise<void> {
  const folder = options.paths.toHost('/ipc/tools');
  await mkdir(folder, { recursive: true });
  await announce(folder, options);
  const changes = watchFolders([options.paths.toHost('/ipc'), folder]);
  const ended = new AbortController();
  options.stop.addEventListener('abort', changes.wake);
  const running = new Set<Promise<void>>();
  const seen = new Set<string>();
  try {
    while (!options.stop.aborted && !(await exists(options.paths.toHost('/ipc/done')))) {
      for (const id of await requests(folder)) {
        if (seen.has(id)) continue;
        const work = serve(folder, id, options, seen, ended.signal).finally(() => running.delete(work));
        running.add(work);
      }
      await changes.next(POLL_MS);
    }
  } finally {
    options.stop.removeEventListener('abort', changes.wake);
    changes.close();
    // Nobody waits for answers any more.
    ended.abort();
    await Promise.all(running);
  }
}

async function announce(folder: string, { config, paths, log }: ExecutorOptions): Promise<void> {
  const announcement: ExecutorAnnouncement = { name: config.name, startedAt: new Date().toISOString() };
  const path = join(folder, `executor-${config.name}.json`);
  await writeFileAtomic(path, JSON.stringify(announcement), { scratch: paths.toHost('/ipc/.tmp') });
  log.info('Serving commands', { skill: config.name });
}

async function requests(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  return names.flatMap((name) => /^exec-request-(.+)\.json$/.exec(name)?.[1] ?? []).sort();
}

/** Looks at one request and answers it if it is ours. Never throws. An unreadable request is looked at again. */
async function serve(
  folder: string,
  id: string,
  options: ExecutorOptions,
  seen: Set<string>,
  signal: AbortSignal,
): Promise<void> {
  try {
    seen.add(id);
    const request = await readRequest(join(folder, `exec-request-${id}.json`));
    if (request === undefined) {
      seen.delete(id);
      return;
    }
    const { name, namedOnly } = options.config;
    if (request.target ? request.target !== name : namedOnly) return;
    if (await exists(join(folder, `exec-result-${id}.json`))) return;
    if (!(await claim(folder, id))) return;
    const result: ExecResult = { id, ...(await execute(request, options, signal)) };
    await writeFileAtomic(join(folder, `exec-result-${id}.json`), JSON.stringify(result), {
      scratch: options.paths.toHost('/ipc/.tmp'),
    });
  } catch (error) {
    options.log.error('Could not serve a request', { id, error: describeError(error) });
  }
}

async function readRequest(path: string): Promise<Request | undefined> {
  try {
    return requestSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    if (error instanceof SyntaxError || isMissing(error)) return undefined;
    throw error;
  }
}

/** A folder can be made only once, so exactly one executor gets a request. */
async function claim(folder: string, id: string): Promise<boolean> {
  try {
    await mkdir(join(folder, `.claim-${id}`));
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

async function execute(request: Request, options: ExecutorOptions, signal: AbortSignal): Promise<CommandResult> {
  const { config, paths, env } = options;
  if (config.denied) return DENIAL;
  if (config.refuses) return REFUSAL;
  const wanted = request.timeout && request.timeout > 0 ? request.timeout : config.defaultTimeout;
  const run = runCommand(
    {
      line: [request.command, ...(request.args ?? [])].join(' '),
      workDir: paths.toHost(request.workDir || '/workspace'),
      timeoutMs: Math.min(wanted, config.maxTimeout) * 1000,
      stdin: request.stdin ?? '',
      env,
    },
    signal,
  );
  // What can't even be started (a NUL in the command) is answered too: the agent must not wait for its time-out.
  return run.catch((error) => ({ exitCode: 126, stdout: '', stderr: describeError(error), timedOut: false }));
}

const DENIAL: CommandResult = {
  exitCode: 126,
  stdout: '',
  stderr: 'The tool execute_command is denied by the policy of this run. Go on without it.',
  timedOut: false,
};

const REFUSAL: CommandResult = {
  exitCode: 126,
  stdout: '',
  stderr:
    'Commands are switched off: this run has no container around it, so a command would run on the host itself. ' +
    'Start with SYMPOZIUM_ALLOW_HOST_COMMANDS=true to allow that, or use a real cluster.',
  timedOut: false,
};

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );
