import { createLog, describeError } from '../ipc/log.ts';
import { pathMapFrom } from '../ipc/paths.ts';
import { commandEnvironment, loadExecutorConfig } from './config.ts';
import { runExecutor } from './executor.ts';

/** The sidecar of a skill: runs the commands that the agent asks for through `/ipc/tools` (agentrun.md 6.4). */
const log = createLog('skill-executor');
const stop = new AbortController();
process.on('SIGTERM', () => stop.abort());
process.on('SIGINT', () => stop.abort());

const options = {
  config: loadExecutorConfig(process.env),
  paths: pathMapFrom(process.env),
  env: commandEnvironment(process.env),
  log,
  stop: stop.signal,
};

runExecutor(options).then(
  () => process.exit(0),
  (error: unknown) => {
    log.error('Executor failed', { error: describeError(error) });
    process.exit(1);
  },
);
