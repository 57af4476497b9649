import { randomUUID } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { readJsonIfComplete, writeFileAtomic } from '../../ipc/files.ts';
import type { ExecRequest, ExecResult } from '../../ipc/protocol.ts';
import { abbreviate } from '../../ipc/text.ts';
import { watchFolders } from '../../ipc/watch.ts';
import { defineTool } from './define.ts';
import { type AgentTool, type ToolContext, ToolError } from './tool.ts';

const DEFAULT_TIMEOUT_SECONDS = 30;
const MAX_TIMEOUT_SECONDS = 120;
/** Beyond the command's own time-out, for the sidecar to notice and answer (agentrun.md 2.6). */
const SLACK_MS = 10_000;
const POLL_MS = 150;
const MAX_OUTPUT_BYTES = 8000;
/** Containers of a pod start one after the other: this long after our own start a sidecar may still be coming up. */
const ANNOUNCEMENT_GRACE_MS = 5000;

export function commandTool(context: ToolContext): AgentTool {
  return defineTool({
    name: 'execute_command',
    description:
      'Run a shell command in a skill container, where the command-line tools of the skills are installed. ' +
      `Default time-out ${DEFAULT_TIMEOUT_SECONDS} seconds, at most ${MAX_TIMEOUT_SECONDS}.`,
    inputSchema: z.object({
      command: z.string().min(1).describe('A line for bash'),
      workdir: z.string().optional().describe('Working directory, default /workspace'),
      timeout: z.number().positive().optional().describe('Seconds'),
      target: z.string().optional().describe('Name of the skill whose container must run it; default: any'),
    }),
    async execute({ command, workdir, timeout, target }, signal) {
      await requireExecutor(context, target, signal);
      const seconds = Math.min(MAX_TIMEOUT_SECONDS, Math.ceil(timeout ?? DEFAULT_TIMEOUT_SECONDS));
      const request: ExecRequest = {
        id: `${Date.now()}${randomUUID().slice(0, 8)}`,
        command,
        args: [],
        workDir: workdir ?? '/workspace',
        timeout: seconds,
        ...(target && { target }),
        ...(context.config.traceparent && { _meta: { traceparent: context.config.traceparent } }),
      };
      return formatResult(await exchange(context, request, signal));
    },
  });
}

/** Fails at once when no sidecar can answer, instead of after the command's time-out. */
async function requireExecutor(context: ToolContext, target: string | undefined, signal: AbortSignal): Promise<void> {
  const deadline = context.startedAt + ANNOUNCEMENT_GRACE_MS;
  for (;;) {
    const available = await executors(context);
    const expected = context.config.executors;
    // An unmodified skill image announces nothing; whoever built the pod names it in SKILL_EXECUTORS.
    const known = new Set([...available, ...(expected ?? [])]);
    if (target === undefined ? known.size > 0 : known.has(target)) return;
    if (expected !== undefined || Date.now() >= deadline) throw noExecutor(target, known);
    await sleep(POLL_MS, undefined, { signal });
  }
}

function noExecutor(target: string | undefined, known: ReadonlySet<string>): ToolError {
  if (known.size === 0) {
    return new ToolError('No skill container in this run can execute commands. Add a skill with a sidecar to the run.');
  }
  return new ToolError(`No skill container is called ${target}. There are: ${[...known].join(', ')}.`);
}

async function executors(context: ToolContext): Promise<string[]> {
  const names = await readdir(context.paths.toHost('/ipc/tools')).catch(() => []);
  return names.flatMap((name) => /^executor-(.+)\.json$/.exec(name)?.[1] ?? []);
}

async function exchange(context: ToolContext, request: ExecRequest, signal: AbortSignal): Promise<ExecResult> {
  const folder = context.paths.toHost('/ipc/tools');
  const requestPath = join(folder, `exec-request-${request.id}.json`);
  const resultPath = join(folder, `exec-result-${request.id}.json`);
  const deadline = Date.now() + request.timeout * 1000 + SLACK_MS;
  const changes = watchFolders([folder]);
  try {
    await writeFileAtomic(requestPath, JSON.stringify(request), { scratch: context.paths.toHost('/ipc/.tmp') });
    while (Date.now() < deadline) {
      signal.throwIfAborted();
      const answer = resultSchema.safeParse(await readJsonIfComplete(resultPath));
      if (answer.success) return answer.data;
      await changes.next(POLL_MS);
    }
    throw new ToolError('timed out waiting for command execution result. The skill container did not answer.');
  } finally {
    changes.close();
    await Promise.all([rm(requestPath, { force: true }), rm(resultPath, { force: true })]);
  }
}

/** Sidecars of the original leave out what is empty. */
const resultSchema = z.object({
  id: z.string().default(''),
  exitCode: z.number().default(0),
  stdout: z.string().default(''),
  stderr: z.string().default(''),
  timedOut: z.boolean().default(false),
});

function formatResult(result: ExecResult): string {
  const parts = [
    result.stdout.trimEnd(),
    result.stderr.trim() && `STDERR: ${result.stderr.trim()}`,
    result.timedOut && '(command timed out)',
    result.exitCode !== 0 && `(exit code: ${result.exitCode})`,
  ].filter((part): part is string => typeof part === 'string' && part !== '');
  return abbreviate(parts.join('\n') || '(no output)', MAX_OUTPUT_BYTES);
}
