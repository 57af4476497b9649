import { describe, expect, it } from 'vitest';
import type { SympoziumInstance } from '../../crds/sympoziuminstance.ts';
import { runFor } from './run-object.ts';
import { idempotencyOf } from './run-request.ts';

type Spec = Partial<SympoziumInstance['spec']>;

function anInstance(profile: object = {}, spec: Spec = {}, annotations?: Record<string, string>): SympoziumInstance {
  return {
    apiVersion: 'sympozium.ai/v1alpha1',
    kind: 'SympoziumInstance',
    metadata: { name: 'bot', namespace: 'ns', ...(annotations && { annotations }) },
    spec: { agents: { default: { model: 'm-1', ...profile } }, ...spec },
  };
}
const REQUEST = { instanceRef: 'bot', task: 't' };
const OPTIONS = { sessionKey: 'session-1', idempotency: undefined };
const modelOf = (instance: SympoziumInstance, request = {}) =>
  runFor({ ...REQUEST, ...request }, instance, OPTIONS).spec.model;

describe('the model of a run', () => {
  it.each([
    ['http://10.1.2.3:11434/v1', 'ollama'],
    ['http://ollama.default.svc/v1', 'ollama'],
    ['http://10.1.2.3:1234/v1', 'lm-studio'],
    ['http://llama-server.x:8080/v1', 'llama-server'],
    ['http://10.1.2.3:8080/v1', 'custom'],
  ])('is of the provider that the address %s tells, when there is no key [API-064]', (baseURL, provider) => {
    expect(modelOf(anInstance({ baseURL }))).toMatchObject({ provider, authSecretRef: '', baseURL });
  });

  it('is of the provider that was noted when the address tells another [API-W38]', () => {
    const instance = anInstance({ baseURL: 'http://x:8080/v1' }, {}, { 'sympozium.ai/provider': 'unsloth' });

    expect(modelOf(instance).provider).toBe('unsloth');
  });

  it('is of the first key, and of OpenAI when that names no provider [API-061]', () => {
    expect(modelOf(anInstance({}, { authRefs: [{ secret: 'k' }] }))).toMatchObject({
      provider: 'openai',
      authSecretRef: 'k',
    });
  });

  it('needs a key or an address, unless it is scripted [API-060]', () => {
    expect(() => modelOf(anInstance())).toThrow('instance "bot" has no API key configured (authRefs is empty)');
    expect(modelOf(anInstance({}, {}, { 'sympozium.ai/provider': 'scripted' }))).toMatchObject({
      provider: 'scripted',
    });
  });

  it('is of the provider that the request asks for, with the key that the instance has for it', () => {
    const authRefs = [
      { provider: 'openai', secret: 'a' },
      { provider: 'anthropic', secret: 'b' },
    ];
    const instance = anInstance({ baseURL: 'http://proxy/v1' }, { authRefs });

    expect(modelOf(instance, { provider: 'anthropic', model: 'c-1' })).toEqual({
      provider: 'anthropic',
      model: 'c-1',
      authSecretRef: 'b',
    });
    expect(() => modelOf(instance, { provider: 'groq' })).toThrow('no API key configured for provider "groq"');
  });
});

it('has the skills of the instance, then those of the request that it lacks [API-061]', () => {
  const instance = anInstance({ baseURL: 'http://x' }, { skills: [{ skillPackRef: 'a', params: { p: '1' } }] });
  const run = runFor({ ...REQUEST, skills: [{ skillPackRef: 'a' }, { skillPackRef: 'b' }] }, instance, OPTIONS);

  expect(run.spec.skills).toEqual([{ skillPackRef: 'a', params: { p: '1' } }, { skillPackRef: 'b' }]);
});

it('has defaults where the request says nothing or leaves a text empty [API-065]', () => {
  const run = runFor(
    { ...REQUEST, agentId: '', sessionKey: '', timeout: '', name: '' },
    anInstance({ baseURL: 'http://x' }),
    OPTIONS,
  );

  expect(run.metadata.generateName).toBe('bot-');
  expect(run.spec).toEqual({
    instanceRef: 'bot',
    agentId: 'primary',
    sessionKey: 'session-1',
    task: 't',
    model: { provider: 'custom', model: 'm-1', baseURL: 'http://x', authSecretRef: '' },
  });
});

describe('an idempotency key', () => {
  it('makes the same name of the same key, another for another namespace, instance or key [API-W33]', () => {
    const name = (key: string, namespace = 'ns', instanceRef = 'bot') =>
      idempotencyOf(key, namespace, { ...REQUEST, instanceRef })?.name;

    expect(name('k')).toBe(name('k'));
    expect(new Set([name('k'), name('l'), name('k', 'other'), name('k', 'ns', 'bob')]).size).toBe(4);
  });

  it('makes a DNS label, however long the name of the instance is', () => {
    const { name = '' } = idempotencyOf('k', 'ns', { ...REQUEST, instanceRef: 'x'.repeat(253) }) ?? {};

    expect(name).toMatch(/^[a-z0-9-]{1,63}$/);
  });

  it('tells requests apart, not the order of their fields', () => {
    const digest = (request: object) => idempotencyOf('k', 'ns', { ...REQUEST, ...request })?.digest;

    expect(digest({ model: 'm', agentId: 'a' })).toBe(digest({ agentId: 'a', model: 'm' }));
    expect(digest({ model: 'm' })).not.toBe(digest({ model: 'n' }));
  });
});
