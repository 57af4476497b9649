import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { writeFileAtomic } from '../../ipc/files.ts';
import { answerTo } from './answer.ts';
import { defineTool } from './define.ts';
import { type AgentTool, type ToolContext, ToolError } from './tool.ts';

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
      const waitMs = Math.min(left, (timeout ?? Number.POSITIVE_INFINITY) * 1000);
      const answer = await answerTo(id, paths, waitMs, signal);
      if (answer === undefined)
        throw new ToolError('The other agent has not answered in time. It may still be at work.');
      if (!answer.ok) throw new ToolError(`The other agent did not do it: ${answer.message}`);
      return answer.message || '(no response)';
    },
  });
}
