import { type ToolAccess, toolAccessFrom } from '../../../shared/pods/tool-access.ts';
import { parseDuration } from '../ipc/duration.ts';

type Env = Record<string, string | undefined>;

/** What the runner is told (agentrun.md 3.5.1). Times in milliseconds. */
export interface RunnerConfig {
  run: { id: string; instance: string; namespace: string; pack: string };
  /** Empty when neither `TASK` nor `/ipc/input/task.json` has one. */
  task: string;
  systemPrompt: string;
  model: ModelConfig;
  limits: { runTimeoutMs: number; requestTimeoutMs?: number; maxRetries: number; maxToolIterations: number };
  memory: { legacy: boolean; serverUrl: string; workflow: { url: string; readOnly: boolean } };
  /** Where the task came from, as default target of channel messages. */
  source: { channel: string; chatId: string };
  debug: boolean;
  toolsEnabled: boolean;
  /** The tools that the model is offered; the containers that carry them out refuse the others as well. */
  tools: ToolAccess;
  /** True when something says that an MCP manifest will appear (RUN-W49). */
  mcpExpected: boolean;
  /** Skill sidecars that serve commands; undefined when nobody said, then announcements decide. */
  executors?: string[];
  traceparent: string;
  /** Values that must never be printed. */
  secrets: string[];
}

export interface ModelConfig {
  provider: string;
  name: string;
  /** Without trailing slash; empty for the provider's own default. */
  baseUrl: string;
  apiKey: string;
  thinking: string;
  azureApiVersion: string;
}

/** Exact names; everything else, `custom` and `openai-compatible` too, counts as cloud (agentrun.md 2.6). */
const LOCAL_PROVIDERS = new Set(['ollama', 'lm-studio', 'llama-server', 'unsloth', 'vllm', 'llamacpp', 'local']);

const DEFAULT_BASE_URLS: Record<string, string> = {
  ollama: 'http://ollama.default.svc:11434/v1',
  'lm-studio': 'http://localhost:1234/v1',
  'llama-server': 'http://localhost:8080/v1',
  unsloth: 'http://localhost:8080/v1',
};

/** The first that is set wins, whatever the provider (agentrun.md 3.5.1). */
const KEY_VARIABLES = ['API_KEY', 'OPENAI_API_KEY', 'ANTHROPIC_API_KEY', 'AZURE_OPENAI_API_KEY', 'PROVIDER_API_KEY'];

/** `SESSION_KEY` names a conversation and is no secret. */
const SECRET_VARIABLE = /^(?!SESSION_KEY$).*(KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS?)$/;

const MINUTE = 60_000;

/** A value that cannot be read falls back to its default: a run should not die of a typo in a limit. */
export function loadConfig(env: Env): RunnerConfig {
  const get = (name: string, fallback = '') => env[name]?.trim() || fallback;
  const provider = get('MODEL_PROVIDER', 'openai');
  return {
    run: {
      id: get('AGENT_RUN_ID'),
      instance: get('INSTANCE_NAME'),
      namespace: get('AGENT_NAMESPACE'),
      pack: get('PERSONA_PACK_NAME'),
    },
    task: env['TASK'] ?? '',
    systemPrompt: env['SYSTEM_PROMPT'] || 'You are a helpful AI assistant.',
    model: modelConfig(provider, get),
    limits: limits(LOCAL_PROVIDERS.has(provider), get),
    memory: {
      legacy: get('MEMORY_ENABLED') === 'true',
      serverUrl: get('MEMORY_SERVER_URL').replace(/\/+$/, ''),
      workflow: {
        url: get('WORKFLOW_MEMORY_SERVER_URL').replace(/\/+$/, ''),
        readOnly: get('WORKFLOW_MEMORY_ACCESS') === 'read-only',
      },
    },
    source: { channel: get('SOURCE_CHANNEL'), chatId: get('SOURCE_CHAT_ID') },
    debug: get('DEBUG') === 'true',
    // The control plane always sets it; a bare container gets tools too unless told otherwise.
    toolsEnabled: get('TOOLS_ENABLED', 'true') === 'true',
    tools: toolAccessFrom(env),
    mcpExpected: get('MCP_ENABLED') === 'true' || get('MCP_CONFIG_PATH') !== '',
    ...(env['SKILL_EXECUTORS'] !== undefined && { executors: commaList(env['SKILL_EXECUTORS']) }),
    traceparent: get('TRACEPARENT'),
    secrets: secretValues(env),
  };
}

function modelConfig(provider: string, get: (name: string, fallback?: string) => string): ModelConfig {
  return {
    provider,
    name: get('MODEL_NAME', 'gpt-4o-mini'),
    baseUrl: get('MODEL_BASE_URL', DEFAULT_BASE_URLS[provider]).replace(/\/+$/, ''),
    apiKey: KEY_VARIABLES.map((name) => get(name)).find((key) => key !== '') ?? '',
    thinking: get('THINKING_MODE').toLowerCase(),
    azureApiVersion: get('AZURE_OPENAI_API_VERSION', '2024-06-01'),
  };
}

function limits(local: boolean, get: (name: string) => string): RunnerConfig['limits'] {
  const requestTimeoutMs = parseDuration(get('LLM_REQUEST_TIMEOUT')) ?? (local ? 5 * MINUTE : undefined);
  return {
    runTimeoutMs: parseDuration(get('RUN_TIMEOUT')) ?? (local ? 30 * MINUTE : 10 * MINUTE),
    ...(requestTimeoutMs !== undefined && { requestTimeoutMs }),
    maxRetries: wholeNumber(get('LLM_MAX_RETRIES'), 0) ?? (local ? 2 : 5),
    maxToolIterations: wholeNumber(get('MAX_TOOL_ITERATIONS'), 1) ?? 50,
  };
}

function wholeNumber(text: string, minimum: number): number | undefined {
  return /^\d+$/.test(text) && Number(text) >= minimum ? Number(text) : undefined;
}

const commaList = (text: string) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');

/** Whoever has the address of a memory has the memory. */
const SECRET_ADDRESSES = new Set(['MEMORY_SERVER_URL', 'WORKFLOW_MEMORY_SERVER_URL']);

function secretValues(env: Env): string[] {
  return Object.entries(env).flatMap(([name, value]) =>
    (SECRET_VARIABLE.test(name) || SECRET_ADDRESSES.has(name)) && value ? [value] : [],
  );
}
