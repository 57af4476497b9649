import { createRequire } from 'node:module';
import { createApiClient } from './api-client.ts';
import { type Invocation, parseCommandLine } from './args.ts';
import { helpText } from './help.ts';
import { cancelRuns, deleteRuns, getRun, listInstances, listRuns, showLogs } from './read-commands.ts';
import { runTask } from './run-command.ts';
import { findSettings } from './settings.ts';
import { CliError, type Terminal } from './terminal.ts';
import { harmless } from './text.ts';

/** The whole client: a command line and a terminal in, an exit code out (0 done, 1 failed, 2 misused, 130 interrupted). */
export async function runCli(argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await invoke(parseCommandLine(argv), terminal);
  } catch (error) {
    if (terminal.interrupted.aborted) return 130;
    if (!(error instanceof CliError)) throw error;
    terminal.err(`${harmless(error.message)}\n`);
    return error.exitCode;
  }
}

async function invoke(invocation: Invocation, terminal: Terminal): Promise<number> {
  if (invocation.kind === 'help') {
    terminal.out(helpText(invocation.command));
    return 0;
  }
  if (invocation.kind === 'version') {
    const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };
    terminal.out(`sympozium ${version}\n`);
    return 0;
  }
  const { command, names, options } = invocation;
  const [first = ''] = names;
  const api = createApiClient(findSettings(options, terminal), options.namespace || 'default');
  switch (command) {
    case 'run':
      return runTask(api, first, options, terminal);
    case 'runs':
      await listRuns(api, options, terminal, new Date());
      return 0;
    case 'get':
      await getRun(api, first, options, terminal);
      return 0;
    case 'logs':
      await showLogs(api, first, options, terminal);
      return 0;
    case 'cancel':
      await cancelRuns(api, names, options, terminal);
      return 0;
    case 'delete':
      await deleteRuns(api, names, options, terminal);
      return 0;
    case 'instances':
      await listInstances(api, options, terminal, new Date());
      return 0;
  }
}
