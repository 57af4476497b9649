import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { jsonSchema } from 'ai';
import { z } from 'zod';
import { readJsonIfComplete, writeFileAtomic } from '../../ipc/files.ts';
import { watchFolders } from '../../ipc/watch.ts';
import { type AgentTool, type ToolContext, ToolError } from './tool.ts';

const MANIFEST = 'mcp-tools.json';
const MANIFEST_WAIT_MS = 5000;
const POLL_MS = 150;
const DEFAULT_TIMEOUT_SECONDS = 30;
const SLACK_MS = 10_000;

const manifestSchema = z.object({
  tools: z
    .array(
      z.object({
        name: z.string().min(1),
        description: z.string().default(''),
        server: z.string(),
        timeout: z.number().optional(),
        inputSchema: z.record(z.string(), z.unknown()).nullish(),
      }),
    )
    .nullish(),
});

type ManifestTool = NonNullable<z.output<typeof manifestSchema>['tools']>[number];

/** MCP tools from the bridge's manifest. It is awaited only where one is expected (RUN-W49). */
export async function mcpTools(context: ToolContext): Promise<AgentTool[]> {
  const folder = context.paths.toHost('/ipc/tools');
  const deadline = Date.now() + (context.config.mcpExpected ? MANIFEST_WAIT_MS : 0);
  const changes = watchFolders([folder]);
  try {
    for (;;) {
      const manifest = manifestSchema.safeParse(await readJsonIfComplete(join(folder, MANIFEST)));
      if (manifest.success) return (manifest.data.tools ?? []).map((entry) => mcpTool(context, folder, entry));
      if (Date.now() >= deadline) return [];
      await changes.next(POLL_MS);
    }
  } finally {
    changes.close();
  }
}

function mcpTool(context: ToolContext, folder: string, entry: ManifestTool): AgentTool {
  return {
    name: entry.name,
    description: entry.description,
    inputSchema: jsonSchema(entry.inputSchema ?? { type: 'object', properties: {} }),
    execute: (input, signal) => call(context, folder, entry, input, signal),
  };
}

const resultSchema = z.object({
  success: z.boolean().default(true),
  content: z.array(z.object({ type: z.string().default('text'), text: z.string().default('') })).nullish(),
  error: z.string().nullish(),
  isError: z.boolean().default(false),
});

async function call(
  context: ToolContext,
  folder: string,
  { name, server, timeout }: ManifestTool,
  input: unknown,
  signal: AbortSignal,
): Promise<string> {
  const id = `${Date.now()}${randomUUID().slice(0, 8)}`;
  const requestPath = join(folder, `mcp-request-${id}.json`);
  const resultPath = join(folder, `mcp-result-${id}.json`);
  const traceparent = context.config.traceparent;
  const request = { id, server, tool: name, arguments: input, ...(traceparent && { _meta: { traceparent } }) };
  const deadline = Date.now() + (timeout || DEFAULT_TIMEOUT_SECONDS) * 1000 + SLACK_MS;
  const changes = watchFolders([folder]);
  try {
    await writeFileAtomic(requestPath, JSON.stringify(request), { scratch: context.paths.toHost('/ipc/.tmp') });
    while (Date.now() < deadline) {
      signal.throwIfAborted();
      const answer = resultSchema.safeParse(await readJsonIfComplete(resultPath));
      if (answer.success) return textOf(answer.data);
      await changes.next(POLL_MS);
    }
    throw new ToolError(`timed out waiting for MCP server ${server}`);
  } finally {
    changes.close();
    await Promise.all([rm(requestPath, { force: true }), rm(resultPath, { force: true })]);
  }
}

function textOf(result: z.output<typeof resultSchema>): string {
  const text = (result.content ?? []).map((part) => part.text).join('\n');
  if (!result.success || result.isError)
    throw new ToolError(result.error || text || 'the MCP server reported an error');
  return text || '(no output)';
}
