import { AppError } from '../../shared/errors.ts';
import { parseOptions, USAGE } from './options.ts';
import { type Running, start } from './start.ts';

const began = performance.now();
const seconds = () => `${((performance.now() - began) / 1000).toFixed(1)} s`;

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) console.log(USAGE);
  else await serve(await start(options, (message) => console.error(`  ${seconds().padStart(7)}  ${message}`)));
} catch (error) {
  console.error(error instanceof AppError ? `\n${error.message}` : error);
  process.exitCode = 1;
}

/** Says how to use what runs, then waits for Ctrl-C. */
async function serve(running: Running): Promise<void> {
  console.log(welcome(running));
  let stopping = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      console.error('Stopping; state is kept for the next start');
      void running.stop().then(() => process.exit(0));
    });
  }
}

function welcome({ url, token, kubeconfig, model }: Running): string {
  const answers =
    model.provider === 'scripted' ? 'the scripted model (no key was given)' : `${model.provider} ${model.model}`;
  return `
Sympozium is ready after ${seconds()}. Answers come from ${answers}.

  API         ${url}
  Token       ${token}
  Kubeconfig  ${kubeconfig}

Three things to try, each in another terminal:

  npx sympozium run "Which files are in /workspace? Write a haiku about them to haiku.txt."
  kubectl --kubeconfig ${kubeconfig} get agentruns,jobs,pods
  curl -s -H "Authorization: Bearer ${token}" ${url}/api/v1/runs

Ctrl-C ends it; state is kept.`;
}
