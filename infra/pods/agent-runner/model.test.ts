import { describe, expect, it } from 'vitest';
import { aPod } from '../ipc/fixtures.ts';
import { providerRun, streamOf } from './fixtures.ts';
import { anthropic, aProvider, events, openAi, refuse } from './provider-fixtures.ts';

const KEY = 'sk-test-0123456789';

const PROVIDERS = [
  { provider: 'openai', path: '/v1/chat/completions', prefix: '/v1', answers: openAi, header: 'authorization' },
  { provider: 'custom', path: '/v1/chat/completions', prefix: '/v1', answers: openAi, header: 'authorization' },
  { provider: 'anthropic', path: '/v1/messages', prefix: '', answers: anthropic, header: 'x-api-key' },
];

describe.each(PROVIDERS)('a run with provider $provider', ({ provider, path, prefix, answers, header }) => {
  const env = (url: string, more: Record<string, string> = {}) => ({
    MODEL_PROVIDER: provider,
    MODEL_NAME: 'the-model',
    MODEL_BASE_URL: url + prefix,
    API_KEY: KEY,
    ...more,
  });

  it('streams the answer, counts tokens and sends key, prompt and tools', async () => {
    const api = await aProvider(answers.text('Hel', 'lo.'));
    const pod = await aPod();
    const outcome = await providerRun(pod, env(api.url, { SYSTEM_PROMPT: 'Be brief.' }));
    expect(outcome).toMatchObject({ status: 'success', response: 'Hello.' });
    expect(outcome.metrics).toMatchObject({ inputTokens: 11, outputTokens: 7 });
    expect(await streamOf(pod)).toEqual([{ type: 'text', content: 'Hello.', index: 0 }]);
    const [request] = api.requests;
    expect(request?.path).toBe(path);
    expect(request?.headers[header]).toContain(KEY);
    expect(request?.body).toMatchObject({ model: 'the-model', stream: true });
    expect(JSON.stringify(request?.body)).toContain('Be brief.');
    expect(JSON.stringify(request?.body['tools'])).toContain('execute_command');
  });

  it('runs a tool and sends its result back', async () => {
    const api = await aProvider(answers.call('list_directory', { path: '/workspace' }), answers.text('Empty.'));
    const outcome = await providerRun(await aPod(), env(api.url));
    expect(outcome).toMatchObject({ status: 'success', response: 'Empty.', metrics: { toolCalls: 1 } });
    expect(JSON.stringify(api.requests[1]?.body['messages'])).toContain('(empty)');
  });

  it('tries again when the provider is overloaded, and then succeeds', async () => {
    const api = await aProvider(
      refuse(429, 'slow down', { 'retry-after-ms': '5' }),
      refuse(503, 'busy'),
      answers.text('ok'),
    );
    expect(await providerRun(await aPod(), env(api.url))).toMatchObject({ status: 'success', response: 'ok' });
    expect(api.requests).toHaveLength(3);
  });

  it('gives up with the status when LLM_MAX_RETRIES is used up', async () => {
    const api = await aProvider(refuse(429, 'slow down', { 'retry-after': '0' }));
    const outcome = await providerRun(await aPod(), env(api.url, { LLM_MAX_RETRIES: '2' }));
    expect(outcome).toMatchObject({ status: 'error', error: 'model request failed: HTTP 429: slow down' });
    expect(api.requests).toHaveLength(3);
  });

  it('does not try again when the key is refused', async () => {
    const api = await aProvider(refuse(401, 'invalid key'));
    const outcome = await providerRun(await aPod(), env(api.url));
    expect(outcome.error).toBe('model request failed: HTTP 401: invalid key');
    expect(api.requests).toHaveLength(1);
  });

  it('is an error when the stream cannot be understood', async () => {
    const api = await aProvider(events(['data: {"choices": [', 'data: [DONE]']));
    const outcome = await providerRun(await aPod(), env(api.url, { LLM_MAX_RETRIES: '0' }));
    expect(outcome).toMatchObject({ status: 'error', error: expect.stringMatching(/^model request failed: /) });
  });

  it('tries again when the stream reports an overload before it says anything', async () => {
    const overload = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };
    const report = events([`event: error\ndata: ${JSON.stringify(overload)}`]);
    const api = await aProvider(report, answers.text('ok'));
    expect(await providerRun(await aPod(), env(api.url))).toMatchObject({ status: 'success', response: 'ok' });
    const failing = await aProvider(report);
    const outcome = await providerRun(await aPod(), env(failing.url, { LLM_MAX_RETRIES: '1' }));
    expect(outcome.error).toMatch(/^model request failed: .*Overloaded/);
    expect(failing.requests).toHaveLength(2);
  });

  it('is an error when the server stays silent beyond LLM_REQUEST_TIMEOUT', async () => {
    const api = await aProvider(events([], { end: false }));
    const outcome = await providerRun(
      await aPod(),
      env(api.url, { LLM_MAX_RETRIES: '1', LLM_REQUEST_TIMEOUT: '100ms' }),
    );
    expect(outcome.error).toBe('model request failed: no complete answer within 100ms (LLM_REQUEST_TIMEOUT)');
    expect(api.requests).toHaveLength(2);
  });
});

describe('a run whose answer breaks off after it was shown', () => {
  it.each([
    ['custom', openAi],
    ['openai', openAi],
    ['anthropic', anthropic],
  ])(
    'is an error with provider %s when the connection just closes, not half an answer',
    async (provider, { words }) => {
      const api = await aProvider(events(words('Half ', 'an ')));
      const outcome = await providerRun(await aPod(), {
        MODEL_PROVIDER: provider,
        MODEL_BASE_URL: api.url,
        API_KEY: KEY,
      });
      expect(outcome).toMatchObject({ status: 'error', error: expect.stringMatching(/^model request failed: /) });
      expect(outcome).not.toHaveProperty('response');
      expect(api.requests).toHaveLength(1);
    },
  );

  it('is not asked for again, since people would read it twice', async () => {
    const api = await aProvider(events(openAi.words('Some ', 'words'), { end: false }));
    const env = { MODEL_PROVIDER: 'custom', MODEL_BASE_URL: api.url, LLM_REQUEST_TIMEOUT: '300ms' };
    const outcome = await providerRun(await aPod(), env);
    expect(outcome.status).toBe('error');
    expect(api.requests).toHaveLength(1);
  });
});

describe('the thinking mode', () => {
  it.each([
    ['openai', '/v1', { reasoning_effort: 'high' }],
    ['custom', '/v1', { reasoning_effort: 'high' }],
    ['anthropic', '', { thinking: { type: 'enabled', budget_tokens: 24_000 } }],
  ])('reaches provider %s when it is set [RUN-W55]', async (provider, prefix, expected) => {
    const api = await aProvider(provider === 'anthropic' ? anthropic.text('x') : openAi.text('x'));
    // OpenAI's client sends the effort only to models that reason.
    const env = { MODEL_PROVIDER: provider, MODEL_NAME: 'o3', MODEL_BASE_URL: api.url + prefix, API_KEY: KEY };
    await providerRun(await aPod(), { ...env, THINKING_MODE: 'high' });
    await providerRun(await aPod(), { ...env, THINKING_MODE: 'off' });
    expect(api.requests[0]?.body).toMatchObject(expected);
    for (const key of Object.keys(expected)) expect(api.requests[1]?.body).not.toHaveProperty(key);
  });
});

describe('thoughts of the model', () => {
  it('are streamed apart from the answer and are no part of it', async () => {
    const api = await aProvider(anthropic.thinking('Hm', 'mm.'));
    const pod = await aPod();
    const outcome = await providerRun(pod, { MODEL_PROVIDER: 'anthropic', MODEL_BASE_URL: api.url, API_KEY: KEY });
    expect(outcome.response).toBe('So.');
    expect(await streamOf(pod)).toEqual([
      { type: 'thinking', content: 'Hmmm.', index: 0 },
      { type: 'text', content: 'So.', index: 1 },
    ]);
  });
});

describe('azure-openai', () => {
  it('asks the deployment with the API version and the key in its own header', async () => {
    const api = await aProvider(openAi.text('hi'));
    const env = { MODEL_PROVIDER: 'azure-openai', MODEL_NAME: 'dep', MODEL_BASE_URL: api.url, API_KEY: KEY };
    expect(await providerRun(await aPod(), env)).toMatchObject({ response: 'hi' });
    expect(api.requests[0]?.path).toBe('/openai/deployments/dep/chat/completions?api-version=2024-06-01');
    expect(api.requests[0]?.headers['api-key']).toBe(KEY);
  });

  it('is an error when no base URL is given', async () => {
    const outcome = await providerRun(await aPod(), { MODEL_PROVIDER: 'azure-openai' });
    expect(outcome.error).toBe('provider azure-openai needs MODEL_BASE_URL');
  });
});
