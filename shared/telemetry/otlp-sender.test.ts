import { describe, expect, it } from 'vitest';
import { aCollector } from './fixtures.ts';
import type { Measurement } from './metrics.ts';
import { collectorOf, createOtlpSender } from './otlp-sender.ts';
import { createTracer } from './tracer.ts';

const origin = { resource: { 'service.name': 'test', 'process.pid': 7 }, scope: 'test' };
const soon = () => AbortSignal.timeout(5_000);
const run = (status: string, value = 1): Measurement => ({
  kind: 'counter',
  name: 'runs',
  unit: '{run}',
  value,
  attributes: { status },
});
const duration = (value: number): Measurement => ({
  kind: 'histogram',
  name: 'duration',
  unit: 'ms',
  value,
  attributes: {},
});

describe('a sender', () => {
  it('sends spans with their times, parents and errors', async () => {
    const collector = await aCollector();
    const sender = createOtlpSender({ endpoint: collector.url, origin });
    const tracer = createTracer(sender.addSpan);
    const outer = tracer.startSpan('outer', undefined, { count: 3, share: 0.5, text: 'x' });
    tracer.startSpan('inner', outer.traceparent, {}).end('broken');
    outer.end();
    await sender.flush(soon());
    const [inner, parent] = collector.spans;
    expect(parent).toMatchObject({ name: 'outer', service: 'test', status: { code: 1 } });
    expect(parent?.attributes).toEqual({ count: '3', share: 0.5, text: 'x' });
    expect(inner).toMatchObject({
      name: 'inner',
      traceId: parent?.traceId,
      parentSpanId: parent?.spanId,
      status: { code: 2, message: 'broken' },
    });
    expect(Math.abs(Number(inner?.endTimeUnixNano) / 1e6 - Date.now())).toBeLessThan(60_000);
  });

  it('sends no span when whoever began the trace does not want it recorded', async () => {
    const sender = createOtlpSender({ endpoint: 'http://127.0.0.1:1', origin });
    createTracer(sender.addSpan)
      .startSpan('x', `00-${'a'.repeat(32)}-${'b'.repeat(16)}-00`, {})
      .end();
    expect(sender.pending()).toBe(false);
  });

  it('adds up what has the same attributes, and sends each measurement once', async () => {
    const collector = await aCollector();
    const sender = createOtlpSender({ endpoint: collector.url, origin });
    for (const one of [run('ok'), run('ok', 2), run('bad'), duration(5), duration(6), duration(60_000)])
      sender.measure(one);
    await sender.flush(soon());
    await sender.flush(soon());
    sender.measure(run('ok'));
    await sender.flush(soon());
    expect(collector.requests.map(({ path }) => path)).toEqual(['/v1/metrics', '/v1/metrics']);
    const [runs, durations, later] = collector.metrics;
    expect(runs?.sum?.dataPoints.map(({ attributes, asInt }) => [attributes, asInt])).toEqual([
      [{ status: 'ok' }, '3'],
      [{ status: 'bad' }, '1'],
    ]);
    const [point] = durations?.histogram?.dataPoints ?? [];
    expect(point).toMatchObject({ count: '3', sum: 60_011 });
    // Two more buckets than bounds would be refused. A bound belongs to the bucket below it.
    expect(point?.bucketCounts).toHaveLength((point?.explicitBounds?.length ?? 0) + 1);
    expect([point?.bucketCounts?.[1], point?.bucketCounts?.[2], point?.bucketCounts?.at(-1)]).toEqual(['1', '1', '1']);
    // Deltas must not overlap.
    expect(Number(later?.sum?.dataPoints[0]?.startTimeUnixNano)).toBeGreaterThanOrEqual(
      Number(runs?.sum?.dataPoints[0]?.timeUnixNano),
    );
  });

  it.each([
    ['asks for patience', 503, { ok: 2 }],
    ['refuses it for good', 400, { ok: 1 }],
  ])('has counted what is due when the collector %s', async (_what, status, expected) => {
    const collector = await aCollector((response) => void response.writeHead(status).end());
    const sender = createOtlpSender({ endpoint: collector.url, origin });
    sender.measure(run('ok'));
    await expect(sender.flush(soon())).rejects.toThrow(`HTTP ${status}`);
    collector.recover();
    sender.measure(run('ok'));
    await sender.flush(soon());
    expect(collector.counted('runs')).toEqual(expected);
  });

  it('sends what a gauge showed last, not what it showed before, also after a collector was away', async () => {
    const gauge = (value: number): Measurement => ({ kind: 'gauge', name: 'up', unit: '1', value, attributes: {} });
    const collector = await aCollector((response) => void response.writeHead(503).end());
    const sender = createOtlpSender({ endpoint: collector.url, origin });
    for (const value of [0, 1]) sender.measure(gauge(value));
    const away = sender.flush(soon());
    sender.measure(gauge(0));
    await expect(away).rejects.toThrow('HTTP 503');
    collector.recover();
    await sender.flush(soon());
    expect(collector.metrics.flatMap((one) => one.gauge?.dataPoints ?? []).map(({ asInt }) => asInt)).toEqual(['0']);
  });

  it('keeps what it has when nobody listens', async () => {
    const sender = createOtlpSender({ endpoint: 'http://127.0.0.1:1', origin });
    sender.measure(run('ok'));
    await expect(sender.flush(soon())).rejects.toThrow();
    expect(sender.pending()).toBe(true);
  });

  it('keeps a bounded number of spans when the collector is away for long', async () => {
    const collector = await aCollector((response) => void response.writeHead(503).end());
    const sender = createOtlpSender({ endpoint: collector.url, origin });
    const tracer = createTracer(sender.addSpan);
    for (let round = 0; round < 3; round += 1) {
      for (let count = 0; count < 1_000; count += 1) tracer.startSpan('x', undefined, {}).end();
      await expect(sender.flush(soon())).rejects.toThrow('HTTP 503');
    }
    collector.recover();
    await sender.flush(soon());
    expect(collector.spans).toHaveLength(2_048);
  });

  it('sends nothing twice when the collector was too slow, since it may have taken it', async () => {
    const collector = await aCollector(() => {});
    const sender = createOtlpSender({ endpoint: collector.url, origin });
    sender.measure(run('ok'));
    await expect(sender.flush(AbortSignal.timeout(100))).rejects.toThrow();
    expect(sender.pending()).toBe(false);
  });
});

describe('the collector of an environment', () => {
  it.each([{}, { OTEL_EXPORTER_OTLP_ENDPOINT: ' ' }])('is none when %j names none', (env) => {
    expect(collectorOf(env)).toBeUndefined();
  });

  it('gets the headers that are asked for', async () => {
    const collector = await aCollector();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_EXPORTER_OTLP_HEADERS: 'api-key=k%3D1' };
    const sender = createOtlpSender({ endpoint: '', ...collectorOf(env), origin });
    sender.measure(run('ok'));
    await sender.flush(soon());
    expect(collector.requests[0]?.headers).toMatchObject({ 'api-key': 'k=1', 'content-type': 'application/json' });
  });
});
