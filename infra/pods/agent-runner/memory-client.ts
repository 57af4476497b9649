import { z } from 'zod';
import { ToolError } from './tools/tool.ts';

const TIMEOUT_MS = 5000;
/** Waits before the second, third and fourth try; only a server that cannot be reached is tried again (API spec, 4.6). */
const BACK_OFF_MS = [500, 1000, 2000];
const ANSWER_BYTES = 64 * 1024;

export interface MemoryRequest {
  path: string;
  /** Sent as JSON with POST; without it the request is a GET. */
  body?: unknown;
  timeoutMs?: number;
  /** Once, for calls that may as well be left out. */
  once?: boolean;
}

const entrySchema = z.object({
  id: z.number(),
  content: z.string(),
  tags: z.array(z.string()).nullish(),
  created_at: z.string().default(''),
});
const envelopeSchema = z.object({ content: z.unknown().optional() });

/** Asks a memory server. Returns its answer's text; throws `ToolError` in words for the model. Its address is never in them. */
export async function askMemory(base: string, request: MemoryRequest, signal: AbortSignal): Promise<string> {
  for (const wait of [...(request.once ? [] : BACK_OFF_MS), undefined]) {
    const reply = await attempt(base, request, signal);
    if (reply !== undefined) return reply;
    if (wait !== undefined) await new Promise((resolve) => setTimeout(resolve, wait));
    signal.throwIfAborted();
  }
  throw new ToolError('The memory server could not be reached.');
}

/** Undefined when there was no answer. */
async function attempt(base: string, { path, body, timeoutMs }: MemoryRequest, signal: AbortSignal) {
  const init = {
    ...(body !== undefined && {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs ?? TIMEOUT_MS)]),
  };
  let response: Response;
  let text: string;
  try {
    response = await fetch(`${base}${path}`, init);
    text = await response.text();
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
  const shown = text.slice(0, ANSWER_BYTES).trim();
  if (!response.ok) throw new ToolError(`Memory server returned ${response.status}: ${shown}`);
  return shown;
}

/** Entries as the model reads them, one text for each; other content as JSON. */
export function renderAnswer(text: string): string[] {
  const { content } = envelopeSchema.catch({}).parse(parsed(text));
  if (!Array.isArray(content)) return [JSON.stringify(content ?? null)];
  return content.map((entry: unknown) => {
    const known = entrySchema.safeParse(entry);
    if (!known.success) return JSON.stringify(entry);
    const { id, content: words, tags, created_at: at } = known.data;
    const labels = tags && tags.length > 0 ? ` [${tags.join(', ')}]` : '';
    return `**Memory #${id}** (${at})${labels}\n${words}`;
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
