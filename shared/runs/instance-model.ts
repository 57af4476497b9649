import type { AgentRun } from '../../crds/agentrun.ts';
import type { SympoziumInstance } from '../../crds/sympoziuminstance.ts';

/** Providers that the name of a Secret may tell, in this order. */
const NAMED_IN_SECRETS = ['anthropic', 'azure-openai', 'bedrock', 'lm-studio', 'ollama', 'openai'];

/** Model, provider and credentials of a run that the control plane makes for an instance (controllers spec, 3.3). */
export function modelOf({ spec }: SympoziumInstance): AgentRun['spec']['model'] {
  const { model, baseURL = '', thinking = '', nodeSelector } = spec.agents.default;
  return {
    provider: providerOf(spec),
    model,
    // Provider and Secret are found apart, and may come from different entries.
    authSecretRef: spec.authRefs?.find(({ secret }) => secret.trim() !== '')?.secret ?? '',
    ...(baseURL !== '' && { baseURL }),
    ...(thinking !== '' && { thinking }),
    ...(nodeSelector !== undefined && { nodeSelector }),
  };
}

function providerOf({ authRefs = [], agents }: SympoziumInstance['spec']): string {
  const named = authRefs.find(({ provider = '' }) => provider !== '')?.provider;
  if (named !== undefined) return named;
  for (const { secret } of authRefs) {
    const guessed = NAMED_IN_SECRETS.find((provider) => secret.includes(provider));
    if (guessed !== undefined) return guessed;
  }
  return providerOfAddress(agents.default.baseURL ?? '');
}

function providerOfAddress(baseURL: string): string {
  if (baseURL === '') return 'openai';
  if (baseURL.includes('ollama') || baseURL.includes(':11434')) return 'ollama';
  return baseURL.includes('lm-studio') || baseURL.includes(':1234') ? 'lm-studio' : 'custom';
}
