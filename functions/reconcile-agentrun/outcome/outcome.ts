/** What the agent reported: the runner's result JSON, from the bus or from the markers in its log (AgentRun spec, 5.1, 5.2). */
import type { TokenUsage } from '../../../crds/agentrun-status.ts';

export type Outcome = { status: 'success'; response: string; usage?: TokenUsage } | { status: 'error'; error: string };

const START = '__SYMPOZIUM_RESULT__';
const END = '__SYMPOZIUM_END__';
/** Bounds the search through text that happens to hold many markers. */
const MAX_MARKERS = 50;

/** The outcome in a message of the run's `completed` subject: an envelope around the result, or the result itself. */
export function busOutcome(payload: unknown): Outcome | undefined {
  if (!isRecord(payload)) return undefined;
  return outcomeOf('data' in payload ? payload['data'] : payload);
}

/**
 * The outcome that the agent printed: the last start marker counts [RUN-069], up to the first end marker after it that
 * leaves valid JSON, since a response may itself hold markers [RUN-W22]. Undefined without one that is whole [RUN-070].
 */
export function logOutcome(log: string): Outcome | undefined {
  let start = log.lastIndexOf(START);
  for (let tries = 0; start !== -1 && tries < MAX_MARKERS; tries += 1) {
    const outcome = outcomeAfter(log, start + START.length);
    if (outcome !== undefined) return outcome;
    start = start === 0 ? -1 : log.lastIndexOf(START, start - 1);
  }
  return undefined;
}

function outcomeAfter(log: string, from: number): Outcome | undefined {
  let end = log.indexOf(END, from);
  for (let tries = 0; end !== -1 && tries < MAX_MARKERS; tries += 1) {
    const outcome = outcomeOf(parsed(log.slice(from, end).trim()));
    if (outcome !== undefined) return outcome;
    end = log.indexOf(END, end + 1);
  }
  return undefined;
}

const RATE_LIMIT =
  /http 429|status 429|status code: 429|\(429\)| 429 |insufficient_quota|quota|rate limit|too many requests/i;
const LINE_MAX = 500;

/** The last line of a log without result that speaks of a rate limit, white space collapsed and cut to 500 [RUN-068]. */
export function rateLimitLine(log: string): string | undefined {
  if (log.includes(START)) return undefined;
  const line = log.split('\n').findLast((one) => RATE_LIMIT.test(one));
  if (line === undefined) return undefined;
  const text = line.trim().replaceAll(/\s+/g, ' ');
  return text.length > LINE_MAX ? `${text.slice(0, LINE_MAX - 3)}...` : text;
}

function outcomeOf(value: unknown): Outcome | undefined {
  if (!isRecord(value)) return undefined;
  const { status, response, error, metrics } = value;
  if (status === 'error') {
    const text = typeof error === 'string' ? error.trim() : '';
    return { status, error: text === '' ? 'agent run failed' : text };
  }
  if (status !== 'success') return undefined;
  const usage = usageOf(metrics);
  return { status, response: typeof response === 'string' ? response : '', ...(usage !== undefined && { usage }) };
}

/** Absent unless some tokens were counted [RUN-072]. */
function usageOf(metrics: unknown): TokenUsage | undefined {
  if (!isRecord(metrics)) return undefined;
  const [inputTokens, outputTokens] = [count(metrics['inputTokens']), count(metrics['outputTokens'])];
  if (inputTokens + outputTokens === 0) return undefined;
  return {
    inputTokens,
    outputTokens,
    totalTokens: inputTokens + outputTokens,
    toolCalls: count(metrics['toolCalls']),
    durationMs: count(metrics['durationMs']),
  };
}

/** The agent is not trusted: what is no count would make the status invalid. */
function count(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(Math.trunc(value)) && value > 0 ? Math.trunc(value) : 0;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
