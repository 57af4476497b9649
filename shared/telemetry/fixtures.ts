import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import * as z from 'zod';

const AttributesSchema = z
  .array(z.object({ key: z.string(), value: z.record(z.string(), z.unknown()) }))
  .default([])
  .transform((list) => Object.fromEntries(list.map(({ key, value }) => [key, Object.values(value)[0]])));

const SpanSchema = z.object({
  traceId: z.string().regex(/^[0-9a-f]{32}$/),
  spanId: z.string().regex(/^[0-9a-f]{16}$/),
  parentSpanId: z.string().optional(),
  name: z.string(),
  startTimeUnixNano: z.string().regex(/^\d{19}$/),
  endTimeUnixNano: z.string().regex(/^\d{19}$/),
  attributes: AttributesSchema,
  status: z.object({ code: z.int().optional(), message: z.string().optional() }),
});

const PointSchema = z.object({
  attributes: AttributesSchema,
  startTimeUnixNano: z.string().regex(/^\d{19}$/),
  timeUnixNano: z.string().regex(/^\d{19}$/),
  asInt: z.string().optional(),
  count: z.string().optional(),
  sum: z.number().optional(),
  bucketCounts: z.array(z.string()).optional(),
  explicitBounds: z.array(z.number()).optional(),
});

/** Temporality 1 is delta. */
const DataSchema = z.object({ aggregationTemporality: z.literal(1), dataPoints: z.array(PointSchema) });
const MetricSchema = z.object({
  name: z.string(),
  unit: z.string(),
  sum: DataSchema.extend({ isMonotonic: z.literal(true) }).optional(),
  histogram: DataSchema.optional(),
  gauge: z.object({ dataPoints: z.array(PointSchema) }).optional(),
});

const ResourceSchema = z.object({ attributes: AttributesSchema });
const TracesSchema = z.object({
  resourceSpans: z.array(
    z.object({ resource: ResourceSchema, scopeSpans: z.array(z.object({ spans: z.array(SpanSchema) })) }),
  ),
});
const MetricsSchema = z.object({
  resourceMetrics: z.array(
    z.object({ resource: ResourceSchema, scopeMetrics: z.array(z.object({ metrics: z.array(MetricSchema) })) }),
  ),
});

type SeenSpan = z.output<typeof SpanSchema> & { service: unknown };

/** What a collector does with a request once it has read it. */
export type Answer = (response: ServerResponse) => void;
const taken: Answer = (response) => void response.end('{}');

/** An OTLP/HTTP collector on this machine, which takes only what has the form that OTLP prescribes in JSON. */
export async function aCollector(answer: Answer = taken) {
  const spans: SeenSpan[] = [];
  const metrics: z.output<typeof MetricSchema>[] = [];
  const requests: { path: string; headers: Record<string, unknown> }[] = [];
  const state = { answer };
  const read = (path: string, body: unknown) => {
    if (path === '/v1/traces') {
      for (const { resource, scopeSpans } of TracesSchema.parse(body).resourceSpans) {
        const service = resource.attributes['service.name'];
        spans.push(...scopeSpans.flatMap((scope) => scope.spans).map((span) => ({ ...span, service })));
      }
    } else {
      const { resourceMetrics } = MetricsSchema.parse(body);
      metrics.push(...resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics)));
    }
  };
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += String(part);
    const { url: path = '', headers } = request;
    requests.push({ path, headers });
    // One that does not take a request has not seen what is in it.
    if (state.answer === taken) read(path, JSON.parse(body));
    state.answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    requests,
    /** Sum of a counter over all that came, by its attributes. */
    counted(name: string): Record<string, number> {
      const points = metrics.filter((one) => one.name === name).flatMap(({ sum }) => sum?.dataPoints ?? []);
      const totals: Record<string, number> = {};
      for (const { attributes, asInt } of points) {
        const key = Object.values(attributes).join(' ');
        totals[key] = (totals[key] ?? 0) + Number(asInt);
      }
      return totals;
    },
    metrics,
    recover() {
      state.answer = taken;
    },
  };
}
