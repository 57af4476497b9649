import type { ModelConfig } from './config.ts';
import type { Model, ProviderOptions } from './model-types.ts';

/** A model ready to be asked, with what the thinking mode means for its provider. */
export interface ChosenModel {
  model: Model;
  providerOptions: ProviderOptions;
}

/** Imports only the provider that is used: each costs start-up time. */
export async function chooseModel(config: ModelConfig): Promise<ChosenModel> {
  switch (config.provider) {
    case 'scripted':
      return scripted(config);
    case 'openai':
      return openai(config);
    case 'anthropic':
      return anthropic(config);
    case 'azure-openai':
      return azure(config);
    case 'bedrock':
      throw new Error('provider bedrock is not supported by this image; use an OpenAI-compatible gateway for it');
    default:
      return openaiCompatible(config);
  }
}

async function scripted(config: ModelConfig): Promise<ChosenModel> {
  const { createScriptedModel } = await import('./scripted-model.ts');
  return { model: createScriptedModel({ modelId: config.name }), providerOptions: {} };
}

async function openai(config: ModelConfig): Promise<ChosenModel> {
  const { createOpenAI } = await import('@ai-sdk/openai');
  const provider = createOpenAI({ apiKey: config.apiKey, ...(config.baseUrl && { baseURL: config.baseUrl }) });
  const effort = reasoningEffort(config.thinking);
  // Chat completions, as the original uses, because gateways set by MODEL_BASE_URL rarely know the Responses API.
  return { model: provider.chat(config.name), providerOptions: effort ? { openai: { reasoningEffort: effort } } : {} };
}

async function anthropic(config: ModelConfig): Promise<ChosenModel> {
  const { createAnthropic } = await import('@ai-sdk/anthropic');
  const provider = createAnthropic({
    apiKey: config.apiKey,
    ...(config.baseUrl && { baseURL: withVersion(config.baseUrl) }),
  });
  const budgetTokens = THINKING_BUDGETS[config.thinking];
  return {
    model: provider(config.name),
    providerOptions: budgetTokens ? { anthropic: { thinking: { type: 'enabled', budgetTokens } } } : {},
  };
}

async function azure(config: ModelConfig): Promise<ChosenModel> {
  if (config.baseUrl === '') throw new Error('provider azure-openai needs MODEL_BASE_URL');
  const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
  const provider = createOpenAICompatible({
    name: 'azure',
    baseURL: `${config.baseUrl}/openai/deployments/${encodeURIComponent(config.name)}`,
    headers: { 'api-key': config.apiKey },
    queryParams: { 'api-version': config.azureApiVersion },
    includeUsage: true,
  });
  return { model: provider(config.name), providerOptions: compatibleOptions('azure', config.thinking) };
}

async function openaiCompatible(config: ModelConfig): Promise<ChosenModel> {
  if (config.baseUrl === '') throw new Error(`provider ${config.provider} needs MODEL_BASE_URL`);
  const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
  const provider = createOpenAICompatible({
    name: 'compatible',
    baseURL: config.baseUrl,
    ...(config.apiKey && { apiKey: config.apiKey }),
    includeUsage: true,
  });
  return { model: provider(config.name), providerOptions: compatibleOptions('compatible', config.thinking) };
}

function compatibleOptions(name: string, thinking: string): ProviderOptions {
  const effort = reasoningEffort(thinking);
  return effort ? { [name]: { reasoningEffort: effort } } : {};
}

/** `off`, empty and unknown modes leave it to the model. */
function reasoningEffort(thinking: string): string | undefined {
  return thinking in THINKING_BUDGETS ? thinking : undefined;
}

const THINKING_BUDGETS: Record<string, number> = { low: 4096, medium: 10_000, high: 24_000 };

/** The original's client adds `/v1` itself, the AI SDK expects it in the base URL; accept both. */
const withVersion = (baseUrl: string) => (/\/v\d+$/.test(baseUrl) ? baseUrl : `${baseUrl}/v1`);
