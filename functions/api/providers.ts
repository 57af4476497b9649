/** Tables of api.md 1.7 about model providers. */

/** Runs of this provider need neither key nor address: a scripted model inside the agent answers. */
export const SCRIPTED_PROVIDER = 'scripted';

const BASE_URLS: Readonly<Record<string, string>> = {
  ollama: 'http://ollama.default.svc:11434/v1',
  'lm-studio': 'http://localhost:1234/v1',
  'llama-server': 'http://localhost:8080/v1',
};

const KEY_NAMES: Readonly<Record<string, string>> = {
  openai: 'OPENAI_API_KEY',
  anthropic: 'ANTHROPIC_API_KEY',
  'azure-openai': 'AZURE_OPENAI_API_KEY',
};

/** Address of a provider that runs beside the cluster; undefined where the provider's own is meant. */
export const defaultBaseUrl = (provider: string): string | undefined => BASE_URLS[provider.trim().toLowerCase()];

/** Name of the key within a provider's Secret. The case counts. */
export const secretKeyName = (provider: string): string => KEY_NAMES[provider] ?? 'PROVIDER_API_KEY';

/** Provider of an instance that names none, by its address. */
export function providerOfBaseUrl(baseUrl: string): string {
  if (baseUrl.includes('ollama') || baseUrl.includes(':11434')) return 'ollama';
  if (baseUrl.includes('lm-studio') || baseUrl.includes(':1234')) return 'lm-studio';
  return baseUrl.includes('llama-server') ? 'llama-server' : 'custom';
}
