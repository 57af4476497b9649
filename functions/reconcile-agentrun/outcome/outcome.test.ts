import { describe, expect, it } from 'vitest';
import { busOutcome, logOutcome, rateLimitLine } from './outcome.ts';

const marker = (result: unknown): string => `__SYMPOZIUM_RESULT__${JSON.stringify(result)}__SYMPOZIUM_END__`;
const success = (response: string, inputTokens = 0, outputTokens = 0) => ({
  status: 'success',
  response,
  metrics: { durationMs: 7, inputTokens, outputTokens, toolCalls: 2 },
});

describe('logOutcome', () => {
  it('gives response and the sum of tokens when the marker says success [RUN-066]', () => {
    expect(logOutcome(`starting\n${marker(success('Three.', 10, 20))}\n`)).toEqual({
      status: 'success',
      response: 'Three.',
      usage: { inputTokens: 10, outputTokens: 20, totalTokens: 30, toolCalls: 2, durationMs: 7 },
    });
  });

  it('gives the error verbatim when the marker says error [RUN-067]', () => {
    expect(logOutcome(marker({ status: 'error', error: 'model: 500' }))).toEqual({
      status: 'error',
      error: 'model: 500',
    });
  });

  it('words an error that has no text [RUN-071]', () => {
    expect(logOutcome(marker({ status: 'error', error: ' ' }))).toEqual({ status: 'error', error: 'agent run failed' });
  });

  it('counts no tokens when there were none [RUN-072]', () => {
    expect(logOutcome(marker(success('Three.')))).toEqual({ status: 'success', response: 'Three.' });
  });

  it('takes the last marker when there are two [RUN-069]', () => {
    expect(logOutcome(`${marker(success('draft'))}\nmore\n${marker(success('final'))}`)).toMatchObject({
      response: 'final',
    });
  });

  it('finds nothing when a start marker has no end, or no JSON follows it [RUN-070]', () => {
    expect(logOutcome('__SYMPOZIUM_RESULT__{"status":"success"')).toBeUndefined();
    expect(logOutcome('__SYMPOZIUM_RESULT__oops__SYMPOZIUM_END__')).toBeUndefined();
  });

  it('is not misled when the response itself holds markers [RUN-W22]', () => {
    const response = 'Print __SYMPOZIUM_RESULT__ and then __SYMPOZIUM_END__ to end.';
    expect(logOutcome(marker(success(response)))).toMatchObject({ response });
  });

  it('takes no nonsense for counts', () => {
    const metrics = { inputTokens: -5, outputTokens: 1e300, toolCalls: 'x', durationMs: 1.5 };
    expect(logOutcome(marker({ status: 'success', response: 'r', metrics }))).toEqual({
      status: 'success',
      response: 'r',
    });
  });
});

describe('busOutcome', () => {
  it('reads the result out of the envelope', () => {
    expect(busOutcome({ topic: 'agent.run.completed', data: success('Three.') })).toMatchObject({ response: 'Three.' });
  });

  it.each([null, 'text', {}, { data: null }, { data: { status: 'odd' } }])(
    'finds nothing in %j, which a bridge that read a half-written file sends [RUN-W25]',
    (payload) => {
      expect(busOutcome(payload)).toBeUndefined();
    },
  );
});

describe('rateLimitLine', () => {
  it('is the last line that speaks of a limit, with white space collapsed [RUN-068]', () => {
    expect(rateLimitLine('HTTP 429 first\nllm call:   status code: 429\t slow down\nbye')).toBe(
      'llm call: status code: 429 slow down',
    );
  });

  it('is cut to 500 characters when it is longer [RUN-068]', () => {
    const line = rateLimitLine(`rate limit ${'x'.repeat(600)}`);
    expect(line).toHaveLength(500);
    expect(line?.endsWith('...')).toBe(true);
  });

  it('is not looked for when the agent printed a result', () => {
    expect(rateLimitLine(`too many requests\n${marker(success('ok'))}`)).toBeUndefined();
  });
});
