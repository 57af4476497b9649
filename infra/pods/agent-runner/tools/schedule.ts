import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readJsonIfComplete, writeFileAtomic } from '../../ipc/files.ts';
import { watchFolders } from '../../ipc/watch.ts';
import { defineTool } from './define.ts';
import { type AgentTool, type ToolContext, ToolError } from './tool.ts';

const ACTIONS = ['create', 'update', 'suspend', 'resume', 'delete'] as const;
/** The control plane answers within moments; where an older bridge carries no answers, none comes. */
const ANSWER_MS = 15_000;
const POLL_MS = 250;

export function scheduleTool({ paths }: ToolContext): AgentTool {
  return defineTool({
    name: 'schedule_task',
    description:
      'Make, change, suspend, resume or delete a recurring task of this agent. A schedule is cron with five fields in UTC, ' +
      'or @every with a duration. It first runs at its next tick, not now.',
    inputSchema: z.object({
      action: z.enum(ACTIONS),
      name: z.string().min(1).describe('Lower-case letters, digits and dashes; names the schedule in later calls'),
      schedule: z.string().optional().describe('Such as "0 9 * * mon" or "@every 1h"; needed to create'),
      task: z.string().optional().describe('What the agent is to do each time; needed to create'),
    }),
    async execute({ action, name, schedule, task }, signal) {
      if (action === 'create' && (!schedule || !task)) throw new ToolError('create needs schedule and task.');
      if (action === 'update' && !schedule && !task) throw new ToolError('update needs schedule or task.');
      const id = randomUUID();
      const request = { id, action, name, ...(schedule && { schedule }), ...(task && { task }) };
      const path = paths.toHost(`/ipc/schedules/schedule-${Date.now()}${id.slice(0, 8)}.json`);
      await writeFileAtomic(path, JSON.stringify(request), { scratch: paths.toHost('/ipc/.tmp') });
      const answer = await answerTo(id, paths.toHost('/ipc/input'), signal);
      if (answer?.ok === false) throw new ToolError(answer.message);
      return answer?.message ?? 'The request was sent; whether it was carried out is not known yet.';
    },
  });
}

const answerSchema = z.object({ id: z.string(), ok: z.boolean(), message: z.string() });

/** What the control plane says to a request; undefined when it says nothing in time. */
async function answerTo(id: string, folder: string, signal: AbortSignal) {
  const changes = watchFolders([folder]);
  const deadline = Date.now() + ANSWER_MS;
  try {
    while (Date.now() < deadline) {
      signal.throwIfAborted();
      const names = (await readdir(folder).catch(() => [])).filter((name) => name.startsWith('answer-'));
      for (const name of names) {
        const answer = answerSchema.safeParse(await readJsonIfComplete(join(folder, name)));
        if (answer.success && answer.data.id === id) return answer.data;
      }
      await changes.next(POLL_MS);
    }
    return undefined;
  } finally {
    changes.close();
  }
}
