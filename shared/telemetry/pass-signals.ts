import { ANNOTATIONS } from '../../crds/labels.ts';
import type { PassReport } from '../reconcile/pass.ts';
import type { Level } from './log.ts';
import type { Measurement } from './metrics.ts';
import type { Attributes } from './otlp.ts';
import type { SpanRecord } from './spans.ts';
import { childContext, parseTraceparent, type TraceContext } from './trace-context.ts';

/** What a pass means to those who watch over many, beyond what every pass has. Made from its report alone. */
export interface PassSignals {
  /** More attributes of the pass's span. */
  attributes?: Attributes;
  /** Parts of the pass that are spans of their own. */
  parts?: readonly { name: string; attributes: Attributes; startedAt: Date; endedAt: Date }[];
  measurements?: readonly Measurement[];
  /** `message` is constant text. */
  logs?: readonly { level: Level; message: string; fields: Record<string, unknown> }[];
}

/** What a pass had before anything was read: a span, and what called it. */
export interface PassStart {
  span: TraceContext;
  caller: TraceContext | undefined;
}

/**
 * The spans of one pass: `<kind>.reconcile` (agentrun.md 7.1) and its parts. The trace in which the object was created, in its
 * annotation, goes before the trace of the call.
 */
export function passSpans(
  kind: string,
  report: PassReport,
  signals: PassSignals,
  { span, caller }: PassStart,
): SpanRecord[] {
  const created = parseTraceparent(report.primary?.metadata.annotations?.[ANNOTATIONS.traceparent]);
  const parent = created ?? caller;
  const context = created === undefined ? span : { ...created, spanId: span.spanId };
  const [startedAt, endedAt] = [report.startedAt.getTime(), report.endedAt.getTime()];
  const pass: SpanRecord = {
    name: `${kind}.reconcile`,
    context,
    parentSpanId: parent?.spanId,
    startedAt,
    endedAt,
    attributes: { ...passAttributes(kind, report), ...signals.attributes },
    error: report.error?.code,
  };
  const parts = (signals.parts ?? []).map((part) => ({
    ...part,
    context: childContext(context),
    parentSpanId: context.spanId,
    startedAt: part.startedAt.getTime(),
    endedAt: part.endedAt.getTime(),
  }));
  return [pass, ...parts];
}

function passAttributes(kind: string, { key, primary, startedAt, endedAt, plan }: PassReport): Attributes {
  // Reconciled kinds have a phase, which the common type of objects cannot say.
  const { phase } = (primary as { status?: { phase?: unknown } } | undefined)?.status ?? {};
  return {
    [`${kind}.name`]: key.name,
    namespace: key.namespace,
    ...(typeof phase === 'string' && { [`${kind}.phase`]: phase }),
    'reconcile.duration_ms': endedAt.getTime() - startedAt.getTime(),
    'reconcile.actions': plan?.actions.length ?? 0,
  };
}
