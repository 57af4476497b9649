import * as z from 'zod';

/** Message of the one log entry by which `mcp-bridge` says what it found, once it has written the manifest. */
export const TOOLS_LISTED = 'Listed the tools';

const ToolReportSchema = z.object({
  /** Registered names, as agents know them. */
  tools: z.array(z.string()),
  /** Servers that were left out; `status` is that of HTTP, where there was an answer. */
  failures: z.array(z.object({ server: z.string(), error: z.string(), status: z.number().optional() })),
});

export type ToolReport = z.output<typeof ToolReportSchema>;

/** The last report in a log of JSON lines; undefined when there is none. */
export function toolReportIn(log: string): ToolReport | undefined {
  return log
    .split('\n')
    .filter((line) => line.includes(TOOLS_LISTED))
    .flatMap((line) => ToolReportSchema.safeParse(jsonOf(line)).data ?? [])
    .at(-1);
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
