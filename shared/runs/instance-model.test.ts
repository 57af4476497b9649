import { describe, expect, it } from 'vitest';
import type { SympoziumInstance } from '../../crds/sympoziuminstance.ts';
import { modelOf } from './instance-model.ts';

type Default = SympoziumInstance['spec']['agents']['default'];

const model = (authRefs: { provider?: string; secret: string }[], agent: Partial<Default> = {}) =>
  modelOf({ spec: { authRefs, agents: { default: { model: 'm', ...agent } } } } as SympoziumInstance);

describe('modelOf', () => {
  it.each([
    {
      when: 'an entry names it',
      refs: [{ secret: 'openai-key' }, { provider: 'bedrock', secret: 'b' }],
      is: 'bedrock',
    },
    { when: 'a Secret is named after it', refs: [{ secret: 'k' }, { secret: 'my-azure-openai' }], is: 'azure-openai' },
    { when: 'the address is of Ollama', refs: [], baseURL: 'http://gpu:11434/v1', is: 'ollama' },
    { when: 'the address is of LM Studio', refs: [], baseURL: 'http://lm-studio/v1', is: 'lm-studio' },
    { when: 'the address says nothing', refs: [], baseURL: 'http://llama-server/v1', is: 'custom' },
    { when: 'nothing says anything', refs: [], is: 'openai' },
  ])('is of the provider $is when $when', ({ refs, baseURL, is }) => {
    expect(model(refs, baseURL === undefined ? {} : { baseURL }).provider).toBe(is);
  });

  it('takes the first Secret with a name, whichever entry names the provider', () => {
    const refs = [{ secret: ' ' }, { secret: 'key' }, { provider: 'anthropic', secret: 'other' }];
    expect(model(refs)).toEqual({ provider: 'anthropic', model: 'm', authSecretRef: 'key' });
    expect(model([]).authSecretRef).toBe('');
  });

  it('keeps address, thinking and nodes where the instance has them', () => {
    const agent = { baseURL: 'http://b.example', thinking: 'medium', nodeSelector: { n: '1' } };
    expect(model([], agent)).toMatchObject(agent);
    expect(model([], { baseURL: '', thinking: '' })).toEqual({ provider: 'openai', model: 'm', authSecretRef: '' });
  });
});
