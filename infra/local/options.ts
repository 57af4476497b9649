import { parseArgs } from 'node:util';
import { AppError } from '../../shared/errors.ts';

export interface StartOptions {
  /** Port of the REST API, the only one that is not chosen freely. */
  port: number;
  /** Folder of all state. */
  folder: string;
  fresh: boolean;
  allowHostCommands: boolean;
  help: boolean;
}

export const USAGE = `npm start -- [options]

  --port N               port of the REST API (8080)
  --folder PATH          folder of all state (.sympozium)
  --fresh                forget every object, message and log of earlier starts
  --allow-host-commands  let agents run commands even where pods cannot be isolated from this machine
  --help                 print this

OPENAI_API_KEY, ANTHROPIC_API_KEY, or MODEL_BASE_URL with MODEL_NAME make a real model answer; without one a scripted
model does.`;

/** Throws `CONFIG_INVALID` for an option that is unknown or has a bad value. */
export function parseOptions(args: string[]): StartOptions {
  const { values } = parse(args);
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new AppError('CONFIG_INVALID', `--port must be a number from 0 to 65535, not ${values.port}`);
  }
  const { folder, fresh, help } = values;
  return { port, folder, fresh, help, allowHostCommands: values['allow-host-commands'] };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        port: { type: 'string', default: '8080' },
        folder: { type: 'string', default: '.sympozium' },
        fresh: { type: 'boolean', default: false },
        'allow-host-commands': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (cause) {
    throw new AppError('CONFIG_INVALID', `${cause instanceof Error ? cause.message : 'Bad options'}\n\n${USAGE}`, {
      cause,
    });
  }
}
