import type { LanguageModel } from 'ai';

/** The provider interface of the AI SDK, version 3, taken from what `ai` itself accepts. */
export type Model = Extract<LanguageModel, { specificationVersion: 'v3' }>;
export type ModelCall = Parameters<Model['doStream']>[0];
type ModelStream = Awaited<ReturnType<Model['doStream']>>;
export type ModelPart = ModelStream['stream'] extends ReadableStream<infer Part> ? Part : never;
export type ModelPrompt = ModelCall['prompt'];

/** Options for one provider, keyed by the provider's name. Plain JSON. */
export type ProviderOptions = NonNullable<ModelCall['providerOptions']>;
