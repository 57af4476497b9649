import { randomUUID } from 'node:crypto';
import type { Environment } from '../config/load.ts';
import type { PassReport } from '../reconcile/pass.ts';
import { log } from './log.ts';
import { keyValues } from './otlp.ts';
import { collectorOf, createOtlpSender, type OtlpSender } from './otlp-sender.ts';
import { createOutbox } from './outbox.ts';
import { type PassSignals, type PassStart, passSpans } from './pass-signals.ts';
import { childContext, formatTraceparent, isSampled, parseTraceparent } from './trace-context.ts';

/** A pass under way. */
interface PassTrace {
  /** W3C trace context of the pass's span; undefined when telemetry is off. */
  traceparent: string | undefined;
  /** Never throws. */
  end(report: PassReport): void;
}

export interface PassTelemetry {
  /** `caller` is the `traceparent` of the request that led to the pass. */
  begin(caller: string | undefined): PassTrace;
  /** Sends what is pending: waits for it on Lambda, which freezes the process after the answer, and a moment at most. */
  settle(): Promise<void>;
}

export interface PassTelemetryOptions {
  /** Name of the function. */
  name: string;
  /** The reconciled kind, in lower case. */
  kind: string;
  env: Environment;
  signals: (report: PassReport) => PassSignals;
}

/** The original's names (agentrun.md 7.1), which dashboards know. */
const SERVICE = 'sympozium-controller';
const SCOPE = 'sympozium.ai/controller';
const LAMBDA_DEADLINE_MS = 500;
const DEADLINE_MS = 5_000;

/**
 * Logs, spans and metrics of a function's passes. Logs are always written; the rest goes to the collector in
 * `OTEL_EXPORTER_OTLP_ENDPOINT`, and nowhere when that is not set.
 */
export function createPassTelemetry({ name, kind, env, signals }: PassTelemetryOptions): PassTelemetry {
  const sender = senderFor(name, env);
  const waits = env['AWS_LAMBDA_FUNCTION_NAME'] !== undefined;
  const outbox = sender && createOutbox(sender, { waits, deadlineMs: waits ? LAMBDA_DEADLINE_MS : DEADLINE_MS });

  function tell(report: PassReport, start: PassStart): void {
    const own = signals(report);
    for (const { level, message, fields } of own.logs ?? []) log(level, message, fields);
    if (sender === undefined) return;
    for (const one of own.measurements ?? []) sender.measure(one);
    for (const span of passSpans(kind, report, own, start)) if (isSampled(span.context)) sender.addSpan(span);
  }

  return {
    begin(traceparent) {
      const caller = parseTraceparent(traceparent);
      const start = { caller, span: childContext(caller) };
      return {
        traceparent: sender && formatTraceparent(start.span),
        end(report) {
          try {
            tell(report, start);
          } catch (error) {
            // The pass is done: what is told about it must not undo it.
            log('error', 'Telemetry failed', { function: name, error: String(error) });
          }
        },
      };
    },
    async settle() {
      await outbox?.settle();
    },
  };
}

function senderFor(name: string, env: Environment): OtlpSender | undefined {
  const collector = collectorOf(env);
  if (collector === undefined) return undefined;
  const resource = {
    'service.name': env['OTEL_SERVICE_NAME'] || SERVICE,
    // Deltas of several processes add up only when each is known as its own source.
    'service.instance.id': randomUUID(),
    'faas.name': name,
    ...keyValues(env['OTEL_RESOURCE_ATTRIBUTES']),
  };
  return createOtlpSender({ ...collector, origin: { resource, scope: SCOPE } });
}
