import { isToolAllowed, toolAccessFrom } from '../../../shared/pods/tool-access.ts';

/** What a skill sidecar is told. Times in seconds. */
export interface ExecutorConfig {
  /** The skill's name, which requests may ask for. */
  name: string;
  defaultTimeout: number;
  maxTimeout: number;
  /** Commands would run on the host, in no container, and nobody allowed that. */
  refuses: boolean;
  /** Others are better for requests that name nobody. */
  namedOnly: boolean;
  /** The run's policy denies commands, whoever writes a request. */
  denied: boolean;
}

type Env = Record<string, string | undefined>;

export function loadExecutorConfig(env: Env): ExecutorConfig {
  const maxTimeout = positive(env['EXEC_TIMEOUT_MAX']) ?? 120;
  return {
    name: safeName(env['SKILL_NAME'] ?? ''),
    defaultTimeout: Math.min(positive(env['EXEC_TIMEOUT_DEFAULT']) ?? 30, maxTimeout),
    maxTimeout,
    namedOnly: env['EXEC_NAMED_ONLY'] === 'true',
    denied: !isToolAllowed(toolAccessFrom(env), 'execute_command'),
    refuses: env['SYMPOZIUM_ISOLATION'] === 'none' && env['SYMPOZIUM_ALLOW_HOST_COMMANDS'] !== 'true',
  };
}

/**
 * The environment of commands: the container's own, which is the skill's, without what is for the sidecar or for other
 * parts of the pod.
 */
export function commandEnvironment(env: Env): Record<string, string> {
  const kept = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !NOT_FOR_COMMANDS.test(entry[0]),
  );
  return Object.fromEntries(kept);
}

const NOT_FOR_COMMANDS = /^(EVENT_BUS_CREDENTIALS|SYMPOZIUM_ROOTFS_MAP|SYMPOZIUM_ALLOW_HOST_COMMANDS)$/;

const positive = (text: string | undefined) => (text && Number(text) > 0 ? Number(text) : undefined);

/** It becomes part of a file name. */
const safeName = (name: string) => name.trim().replaceAll(/[^\w.-]/g, '-') || 'default';
