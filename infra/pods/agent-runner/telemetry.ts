import { keyValues } from '../../../shared/telemetry/otlp.ts';
import { createOtlpSender } from '../../../shared/telemetry/otlp-sender.ts';
import { createTracer, type Span } from '../../../shared/telemetry/tracer.ts';
import { describeError, type Log } from '../ipc/log.ts';
import { abbreviate } from '../ipc/text.ts';
import type { RunnerConfig } from './config.ts';
import type { ToolCall, Turn } from './model-turn.ts';

/** Where a run's spans begin and end. Without telemetry it only calls through. */
export interface RunTrace {
  /** W3C trace context of the run's span, for those who do a part of its work; empty for none. */
  traceparent: string;
  modelCall(work: () => Promise<Turn>): Promise<Turn>;
  toolCall<T extends { failed: boolean }>(call: ToolCall, work: () => Promise<T>): Promise<T>;
  end(status: 'success' | 'error'): void;
  /** Sends the spans, taking a moment at most. Never throws. */
  flush(): Promise<void>;
}

type Env = Record<string, string | undefined>;

const FLUSH_TIMEOUT_MS = 2000;

/** Starts the run's span when `SYMPOZIUM_OTEL_ENABLED` and an endpoint say so (agentrun.md 7.2), below `TRACEPARENT` (RUN-W38). */
export function startTrace(config: RunnerConfig, env: Env, log: Log): RunTrace {
  const endpoint = env['SYMPOZIUM_OTEL_OTLP_ENDPOINT'] || env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  if (env['SYMPOZIUM_OTEL_ENABLED']?.toLowerCase() !== 'true' || !endpoint) return untraced(config.traceparent);
  return traced(config, env, endpoint, log);
}

export const untraced = (traceparent: string): RunTrace => ({
  traceparent,
  modelCall: (work) => work(),
  toolCall: (_call, work) => work(),
  end: () => undefined,
  flush: async () => undefined,
});

function traced(config: RunnerConfig, env: Env, endpoint: string, log: Log): RunTrace {
  const headers = keyValues(env['OTEL_EXPORTER_OTLP_HEADERS']);
  const origin = { resource: resource(env, config), scope: 'sympozium/agent-runner' };
  const sender = createOtlpSender({ endpoint, headers, origin });
  const tracer = createTracer(sender.addSpan);
  const run = tracer.startSpan('sympozium.agent.run', config.traceparent, {
    instance: config.run.instance,
    'tenant.namespace': config.run.namespace,
    model: config.model.name,
    'task.summary': abbreviate(config.task, 200),
  });
  return {
    traceparent: run.traceparent,
    modelCall: (work) => {
      const attributes = { 'gen_ai.system': config.model.provider, 'gen_ai.request.model': config.model.name };
      return within(tracer.startSpan('gen_ai.chat', run.traceparent, attributes), work, () => undefined);
    },
    toolCall: (call, work) => {
      const attributes = { 'gen_ai.tool.name': call.name, 'gen_ai.tool.call.id': call.id };
      const span = tracer.startSpan('gen_ai.execute_tool', run.traceparent, attributes);
      return within(span, work, ({ failed }) => (failed ? 'tool failed' : undefined));
    },
    end: (status) => run.end(status === 'error' ? 'run failed' : undefined),
    flush: async () => {
      try {
        await sender.flush(AbortSignal.timeout(FLUSH_TIMEOUT_MS));
      } catch (error) {
        log.warn('Spans could not be sent', { error: describeError(error) });
      }
    },
  };
}

function resource(env: Env, config: RunnerConfig): Record<string, string> {
  return {
    'service.name': env['SYMPOZIUM_OTEL_SERVICE_NAME'] || env['OTEL_SERVICE_NAME'] || 'sympozium-agent-runner',
    'sympozium.instance': config.run.instance,
    'sympozium.component': 'agent-runner',
    ...keyValues(env['SYMPOZIUM_OTEL_RESOURCE_ATTRIBUTES'] || env['OTEL_RESOURCE_ATTRIBUTES']),
  };
}

async function within<T>(span: Span, work: () => Promise<T>, failure: (result: T) => string | undefined): Promise<T> {
  try {
    const result = await work();
    span.end(failure(result));
    return result;
  } catch (error) {
    span.end('request failed');
    throw error;
  }
}
