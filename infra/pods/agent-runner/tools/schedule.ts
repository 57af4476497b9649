import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { writeFileAtomic } from '../../ipc/files.ts';
import { answerTo } from './answer.ts';
import { defineTool } from './define.ts';
import { type AgentTool, type ToolContext, ToolError } from './tool.ts';

const ACTIONS = ['create', 'update', 'suspend', 'resume', 'delete'] as const;
/** The control plane answers within moments; where an older bridge carries no answers, none comes. */
const ANSWER_MS = 15_000;

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
      const answer = await answerTo(id, paths, ANSWER_MS, signal);
      if (answer?.ok === false) throw new ToolError(answer.message);
      return answer?.message ?? 'The request was sent; whether it was carried out is not known yet.';
    },
  });
}
