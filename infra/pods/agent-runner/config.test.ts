import { describe, expect, it } from 'vitest';
import { loadConfig } from './config.ts';

const MINUTE = 60_000;
const cloud = ['openai', 'anthropic', 'custom', 'openai-compatible', ''];
const local = ['ollama', 'lm-studio', 'llama-server', 'unsloth', 'vllm', 'llamacpp', 'local'];

describe('limits of a run', () => {
  it.each(cloud)('are those of a cloud provider when the provider is %j [RUN-124]', (provider) => {
    const { limits } = loadConfig({ MODEL_PROVIDER: provider });
    expect(limits).toEqual({ runTimeoutMs: 10 * MINUTE, maxRetries: 5, maxToolIterations: 50 });
  });

  it.each(local)('are those of a local provider when the provider is %s [RUN-124]', (provider) => {
    const { limits } = loadConfig({ MODEL_PROVIDER: provider });
    expect(limits).toEqual({
      runTimeoutMs: 30 * MINUTE,
      requestTimeoutMs: 5 * MINUTE,
      maxRetries: 2,
      maxToolIterations: 50,
    });
  });

  it('are what the environment says when it says so [RUN-124]', () => {
    const { limits } = loadConfig({
      MODEL_PROVIDER: 'ollama',
      RUN_TIMEOUT: '2h',
      LLM_REQUEST_TIMEOUT: '45s',
      LLM_MAX_RETRIES: '0',
      MAX_TOOL_ITERATIONS: '3',
    });
    expect(limits).toEqual({
      runTimeoutMs: 120 * MINUTE,
      requestTimeoutMs: 45_000,
      maxRetries: 0,
      maxToolIterations: 3,
    });
  });

  it('fall back to their defaults when the environment makes no sense', () => {
    const { limits } = loadConfig({ RUN_TIMEOUT: 'soon', LLM_MAX_RETRIES: '-1', MAX_TOOL_ITERATIONS: '0' });
    expect(limits).toMatchObject({ runTimeoutMs: 10 * MINUTE, maxRetries: 5, maxToolIterations: 50 });
  });
});

describe('the model of a run', () => {
  it('takes the first key that is set, whatever the provider', () => {
    const keys = { API_KEY: ' ', OPENAI_API_KEY: '', ANTHROPIC_API_KEY: 'third', PROVIDER_API_KEY: 'last' };
    expect(loadConfig({ MODEL_PROVIDER: 'openai', ...keys }).model.apiKey).toBe('third');
  });

  it.each([
    ['ollama', 'http://ollama.default.svc:11434/v1'],
    ['lm-studio', 'http://localhost:1234/v1'],
    ['llama-server', 'http://localhost:8080/v1'],
    ['unsloth', 'http://localhost:8080/v1'],
    ['openai', ''],
  ])('has the default base URL of %s when none is given', (provider, expected) => {
    expect(loadConfig({ MODEL_PROVIDER: provider, MODEL_BASE_URL: '' }).model.baseUrl).toBe(expected);
  });

  it('loses trailing slashes of its base URL', () => {
    expect(loadConfig({ MODEL_BASE_URL: 'http://x/v1//' }).model.baseUrl).toBe('http://x/v1');
  });

  it('is gpt-4o-mini of openai with the default prompt when nothing is said', () => {
    const config = loadConfig({ MODEL_PROVIDER: '', MODEL_NAME: '', SYSTEM_PROMPT: '' });
    expect(config.model).toMatchObject({ provider: 'openai', name: 'gpt-4o-mini' });
    expect(config.systemPrompt).toBe('You are a helpful AI assistant.');
  });
});

describe('the environment', () => {
  it('is taken verbatim where people wrote text, dollars and spaces too [RUN-W27]', () => {
    const text = ' costs $(HOME) $$5 ';
    expect(loadConfig({ TASK: text, SYSTEM_PROMPT: text })).toMatchObject({ task: text, systemPrompt: text });
  });

  it('tells which values are secret', () => {
    const env = { OPENAI_API_KEY: 'a', GH_TOKEN: 'b', DB_PASSWORD: 'c', MODEL_NAME: 'd', SESSION_KEY: 'e' };
    expect(loadConfig(env).secrets).toEqual(['a', 'b', 'c']);
  });
});
