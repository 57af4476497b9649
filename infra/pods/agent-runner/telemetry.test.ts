import { describe, expect, it } from 'vitest';
import { aPod, memoryLog } from '../ipc/fixtures.ts';
import { loadConfig } from './config.ts';
import { scriptedRun } from './fixtures.ts';
import { aProvider as aCollector } from './provider-fixtures.ts';
import { startTrace } from './telemetry.ts';

const PARENT = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
const TASK = '[[call: list_directory {"path":"/workspace"}]][[say: done]]';

/** Does a traced run and gives the spans that the collector got. */
async function tracedRun(env: Record<string, string>) {
  const collector = await aCollector((response) => response.end('{}'));
  const config = loadConfig({ TASK, INSTANCE_NAME: 'inst', TRACEPARENT: PARENT, ...env });
  const trace = startTrace(config, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...env }, memoryLog());
  await scriptedRun(await aPod(), TASK, env, { trace });
  await trace.flush();
  return { trace, requests: collector.requests };
}

describe('telemetry of a run', () => {
  it('is one trace below TRACEPARENT, with a span for each request and tool [RUN-W38]', async () => {
    const { trace, requests } = await tracedRun({ SYMPOZIUM_OTEL_ENABLED: 'True' });
    expect(requests.map(({ path }) => path)).toEqual(['/v1/traces']);
    // The shape that OTLP prescribes; the assertions below check what matters of it.
    const body = requests[0]?.body as
      | { resourceSpans?: { scopeSpans: { spans: Record<string, string>[] }[] }[] }
      | undefined;
    const spans = body?.resourceSpans?.[0]?.scopeSpans[0]?.spans ?? [];
    expect(spans.map(({ name }) => name)).toEqual([
      'gen_ai.chat',
      'gen_ai.execute_tool',
      'gen_ai.chat',
      'sympozium.agent.run',
    ]);
    expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set(['a'.repeat(32)]));
    const run = spans.at(-1);
    expect(run).toMatchObject({ parentSpanId: 'b'.repeat(16) });
    expect(trace.traceparent).toBe(`00-${run?.['traceId']}-${run?.['spanId']}-01`);
    expect(spans[1]?.['parentSpanId']).toBe(run?.['spanId']);
  });

  it('is not sent when nobody switched it on', async () => {
    const { trace, requests } = await tracedRun({});
    expect(requests).toEqual([]);
    expect(trace.traceparent).toBe(PARENT);
  });

  it('costs the run nothing when the collector is away', async () => {
    const env = { SYMPOZIUM_OTEL_ENABLED: 'true', SYMPOZIUM_OTEL_OTLP_ENDPOINT: 'http://127.0.0.1:1' };
    const log = memoryLog();
    const trace = startTrace(loadConfig(env), env, log);
    expect(await scriptedRun(await aPod(), TASK, env, { trace })).toMatchObject({ status: 'success' });
    await trace.flush();
    expect(log.messages).toEqual(['Spans could not be sent']);
  });
});
