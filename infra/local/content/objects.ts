import type { Environment } from '../../../shared/config/load.ts';
import type { Manifest } from './apply.ts';

/** Which model answers, as the environment says. */
export interface ModelChoice {
  provider: string;
  model: string;
  baseUrl?: string;
  /** Environment variable of the key, and the key. */
  key?: { name: string; value: string };
}

/** A key or an OpenAI-compatible URL in the environment names the real model; without either it is the scripted one. */
export function chooseModel(env: Environment): ModelChoice {
  const { OPENAI_API_KEY, ANTHROPIC_API_KEY, MODEL_BASE_URL, OPENAI_BASE_URL, MODEL_NAME } = env;
  const baseUrl = MODEL_BASE_URL ?? OPENAI_BASE_URL;
  const at = baseUrl === undefined || baseUrl === '' ? {} : { baseUrl };
  if (OPENAI_API_KEY) {
    return {
      provider: 'openai',
      model: MODEL_NAME ?? 'gpt-4o-mini',
      ...at,
      key: { name: 'OPENAI_API_KEY', value: OPENAI_API_KEY },
    };
  }
  if (ANTHROPIC_API_KEY) {
    const key = { name: 'ANTHROPIC_API_KEY', value: ANTHROPIC_API_KEY };
    return { provider: 'anthropic', model: MODEL_NAME ?? 'claude-sonnet-4-5', ...at, key };
  }
  if ('baseUrl' in at) return { provider: 'openai-compatible', model: MODEL_NAME ?? 'default', ...at };
  return { provider: 'scripted', model: 'scripted' };
}

/** What a first run needs: an instance called `default`, and its key when there is one. */
export function firstInstance(choice: ModelChoice): Manifest[] {
  const { provider, model, baseUrl, key } = choice;
  const secretName = `default-${provider}-key`;
  const instance = {
    apiVersion: 'sympozium.ai/v1alpha1',
    kind: 'SympoziumInstance',
    metadata: { name: 'default', namespace: 'default', annotations: { 'sympozium.ai/provider': provider } },
    spec: {
      agents: { default: { model, ...(baseUrl !== undefined && { baseURL: baseUrl }) } },
      ...(key !== undefined && { authRefs: [{ provider, secret: secretName }] }),
    },
  };
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: secretName, namespace: 'default' },
    type: 'Opaque',
  };
  return [...(key === undefined ? [] : [{ ...secret, stringData: { [key.name]: key.value } }]), instance];
}
