import { randomUUID } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readJsonIfComplete, writeFileAtomic } from '../../ipc/files.ts';
import { watchFolders } from '../../ipc/watch.ts';
import { defineTool } from './define.ts';
import { type AgentTool, type ToolContext, ToolError } from './tool.ts';

const POLL_MS = 500;
/** Left of the run's own time to do something with the answer, or without one. */
const RESERVE_MS = 30_000;

/** Has another agent do a task, as a run of its own, and waits for what it comes to: as long as the run has time, and no longer. */
export function delegateTool(context: ToolContext): AgentTool {
  const { config, paths } = context;
  return defineTool({
    name: 'delegate_to_persona',
    description:
      'Have another agent do a task and get its answer. The task must say everything that the other needs to know. ' +
      'Without targetPersona an agent like yourself does it.',
    inputSchema: z.object({
      task: z.string().min(1),
      targetPersona: z.string().optional().describe('Name of a persona of your team'),
      timeout: z.number().positive().optional().describe('Seconds to wait at most'),
    }),
    async execute({ task, targetPersona, timeout }, signal) {
      const id = randomUUID();
      const request = {
        id,
        task,
        agentId: 'default',
        ...(targetPersona && { targetPersona }),
        ...(targetPersona && config.run.pack && { packName: config.run.pack }),
      };
      const path = paths.toHost(`/ipc/spawn/request-${id}.json`);
      await writeFileAtomic(path, JSON.stringify(request), { scratch: paths.toHost('/ipc/.tmp') });
      const left = context.startedAt + config.limits.runTimeoutMs - RESERVE_MS - Date.now();
      return answerTo(
        id,
        paths.toHost('/ipc/input'),
        Math.min(left, (timeout ?? Number.POSITIVE_INFINITY) * 1000),
        signal,
      );
    },
  });
}

const replySchema = z.object({
  requestId: z.string(),
  status: z.enum(['success', 'error']),
  response: z.string().default(''),
  error: z.string().default(''),
});

async function answerTo(id: string, folder: string, waitMs: number, signal: AbortSignal): Promise<string> {
  const deadline = Date.now() + waitMs;
  const changes = watchFolders([folder]);
  try {
    while (Date.now() < deadline) {
      signal.throwIfAborted();
      const reply = await replyIn(folder, id);
      if (reply?.status === 'success') return reply.response || '(no response)';
      if (reply !== undefined) throw new ToolError(`The other agent did not do it: ${reply.error}`);
      await changes.next(POLL_MS);
    }
    throw new ToolError('The other agent has not answered in time. It may still be at work.');
  } finally {
    changes.close();
  }
}

async function replyIn(folder: string, id: string): Promise<z.output<typeof replySchema> | undefined> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((one) => one.startsWith('followup-'))) {
    const reply = replySchema.safeParse(await readJsonIfComplete(join(folder, name)));
    if (!reply.success || reply.data.requestId !== id) continue;
    await rm(join(folder, name), { force: true });
    return reply.data;
  }
  return undefined;
}
