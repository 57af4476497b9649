import { z } from 'zod';
import { askMemory, type MemoryRequest, renderAnswer } from '../memory-client.ts';
import { defineTool } from './define.ts';
import type { AgentTool, ToolContext } from './tool.ts';

/** The tools of the instance's own memory and of the one its team shares, where there are such (API spec, 4.6). */
export function memoryTools({ config }: ToolContext): AgentTool[] {
  const { serverUrl, workflow } = config.memory;
  const own = serverUrl === '' ? [] : toolsOf('memory_', 'your own memory of earlier runs', serverUrl);
  if (workflow.url === '') return own;
  const from = config.run.instance === '' ? [] : [config.run.instance];
  const shared = toolsOf('workflow_memory_', 'the memory that your whole team shares', workflow.url, from);
  // The server refuses it too; a tool that cannot work only costs turns.
  return [...own, ...shared.filter(({ name }) => !workflow.readOnly || !name.endsWith('_store'))];
}

function toolsOf(prefix: string, what: string, base: string, moreTags: string[] = []): AgentTool[] {
  const ask = async (request: MemoryRequest, signal: AbortSignal) => {
    const entries = renderAnswer(await askMemory(base, request, signal));
    return entries.join('\n---\n') || 'Nothing was found.';
  };
  return [
    defineTool({
      name: `${prefix}search`,
      description: `Search ${what}. Returns the entries that fit best.`,
      inputSchema: z.object({ query: z.string().min(1), top_k: z.int().optional().describe('Default: 5') }),
      execute: (body, signal) => ask({ path: '/search', body }, signal),
    }),
    defineTool({
      name: `${prefix}store`,
      description: `Keep a fact in ${what}, for later runs.`,
      inputSchema: z.object({ content: z.string().min(1), tags: z.array(z.string()).optional() }),
      execute: ({ content, tags = [] }, signal) =>
        ask({ path: '/store', body: { content, tags: [...tags, ...moreTags] } }, signal),
    }),
    defineTool({
      name: `${prefix}list`,
      description: `List the newest entries of ${what}.`,
      inputSchema: z.object({
        tags: z.string().optional().describe('One tag, or several parted by commas that an entry must all have'),
        limit: z.int().optional().describe('Default: 20'),
      }),
      execute: ({ tags = '', limit }, signal) => {
        const query = new URLSearchParams({ ...(tags !== '' && { tags }), ...(limit && { limit: String(limit) }) });
        return ask({ path: `/list?${query}` }, signal);
      },
    }),
  ];
}
