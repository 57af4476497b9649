import '../ipc/node-require.ts';
import { createLog, describeError, redactor } from '../ipc/log.ts';
import { pathMapFrom } from '../ipc/paths.ts';
import { EMPTY_METRICS } from '../ipc/protocol.ts';
import { loadConfig } from './config.ts';
import { chooseModel } from './model.ts';
import { type LoopOutcome, reportOutcome } from './outcome.ts';
import { performRun, withTaskFile } from './run.ts';
import { startTrace } from './telemetry.ts';

/** The agent's container: does one task, reports its outcome through `/ipc` and the log, and exits (agentrun.md 5.1). */
const paths = pathMapFrom(process.env);
const config = await withTaskFile(loadConfig(process.env), paths);
const redact = redactor(config.secrets);
const log = createLog('agent-runner', redact);

/** Resolves when the line has left the process: an exit would discard what is still buffered. */
const print = (line: string) =>
  new Promise<void>((resolve, reject) => {
    process.stdout.write(`${line}\n`, (error) => (error ? reject(error) : resolve()));
  });

let reporting: Promise<0 | 1> | undefined;

/** Only the first outcome counts. */
function finish(outcome: LoopOutcome): Promise<0 | 1> {
  reporting ??= reportOutcome(withoutSecrets(outcome), config, { ipc: paths.toHost('/ipc'), print, log });
  return reporting;
}

function withoutSecrets(outcome: LoopOutcome): LoopOutcome {
  return { ...outcome, ...(outcome.error !== undefined && { error: redact(outcome.error) }) };
}

async function die(error: unknown): Promise<never> {
  log.error('Runner failed', { error: describeError(error) });
  const message = `agent runner failed: ${describeError(error)}`;
  process.exit(await finish({ status: 'error', error: message, metrics: EMPTY_METRICS }));
}

process.on('uncaughtException', die);
process.on('unhandledRejection', die);

const cancellation = new AbortController();
process.on('SIGTERM', () => cancellation.abort(new Error('cancelled')));
process.on('SIGINT', () => cancellation.abort(new Error('cancelled')));

log.info('Started run', { run: config.run.id, provider: config.model.provider, model: config.model.name });
const trace = startTrace(config, process.env, log);
const outcome = await performRun(config, { trace, paths, log, cancelled: cancellation.signal, chooseModel });
const code = await finish(outcome);
// After the result: a collector that hangs must not delay it.
await trace.flush();
process.exit(code);
