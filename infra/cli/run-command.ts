import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { AgentRun } from '../../crds/agentrun.ts';
import { CONDITIONS } from '../../crds/conditions.ts';
import { type ApiClient, ApiError, type NewRun, UnreachableError } from './api-client.ts';
import type { Options } from './args.ts';
import { followRun } from './follow.ts';
import { createProgress } from './progress.ts';
import { CliError, type Terminal } from './terminal.ts';
import { harmless, painter } from './text.ts';

const DEFAULT_INSTANCE = 'default';
/** Exit status of a program that Ctrl-C ended, as shells have it. */
const INTERRUPTED = 130;

/** `sympozium run`: creates a run, follows it, prints its answer. Returns the exit code. */
export async function runTask(api: ApiClient, task: string, options: Options, terminal: Terminal): Promise<number> {
  const run = await create(api, wantedRun(task, options), terminal.interrupted);
  const { name } = run.metadata;
  if (options.detach === true) {
    terminal.out(options.json === true ? `${JSON.stringify(run, undefined, 2)}\n` : `${name}\n`);
    return 0;
  }
  const asJson = options.json === true;
  const progress = createProgress(terminal, { answerOnScreen: terminal.outIsTty && terminal.errIsTty && !asJson });
  progress.line(painter(terminal.errIsTty, terminal)('dim', `· Run ${name}`));
  try {
    for await (const event of followRun(api, name, terminal.interrupted)) {
      if (event.event === 'deleted') throw new CliError(`Run ${name} was deleted.`);
      progress.show(event);
    }
    progress.settle();
    return conclude(await api.getRun(name), { shown: progress.shown(), asJson }, terminal);
  } catch (error) {
    progress.settle();
    if (terminal.interrupted.aborted) return detached(name, options, terminal);
    if (error instanceof UnreachableError)
      throw new CliError(`${error.message} ${goOn(name, options)}`, 1, { cause: error });
    throw error;
  }
}

function wantedRun(task: string, { instance, model, provider, timeout, skill }: Options): NewRun {
  if (task.trim() === '') throw new CliError('The task is empty.', 2);
  return {
    instanceRef: instance || DEFAULT_INSTANCE,
    task,
    ...(model && { model }),
    ...(provider && { provider }),
    ...(timeout && { timeout }),
    ...(skill !== undefined && { skills: skill.map((skillPackRef) => ({ skillPackRef })) }),
  };
}

const CREATE_ATTEMPTS = 3;
const CREATE_RETRY_MS = 300;

/** Asks again when the answer was lost: the key keeps that from starting a second run. */
async function create(api: ApiClient, wanted: NewRun, signal: AbortSignal): Promise<AgentRun> {
  const key = randomUUID();
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await api.createRun(wanted, key);
    } catch (error) {
      const passing = error instanceof UnreachableError || (error instanceof ApiError && error.status >= 500);
      if (!passing || attempt === CREATE_ATTEMPTS) throw error;
      await delay(CREATE_RETRY_MS, undefined, { signal });
    }
  }
}

function conclude(run: AgentRun, { shown, asJson }: { shown: string; asJson: boolean }, terminal: Terminal): number {
  const { phase, result = '' } = run.status ?? {};
  const failed = phase !== 'Succeeded';
  if (asJson) terminal.out(`${JSON.stringify(run, undefined, 2)}\n`);
  if (failed) {
    terminal.err(`${painter(terminal.errIsTty, terminal)('red', failureOf(run))}\n`);
    return 1;
  }
  const answer = terminal.outIsTty ? harmless(result) : result;
  const isShown = terminal.outIsTty && terminal.errIsTty && shown.trim() === answer.trim();
  if (!asJson && !isShown) terminal.out(answer.endsWith('\n') ? answer : `${answer}\n`);
  if (run.status?.resultTruncated === true)
    terminal.err('The answer was longer than can be kept; its end is missing.\n');
  return 0;
}

/** `Run x failed: Timeout: it took longer than 5m.` */
export function failureOf({ metadata, status }: AgentRun): string {
  const condition = status?.conditions?.find(({ type }) => type === CONDITIONS.succeeded);
  const message = condition?.message || status?.error || 'no reason was given';
  const reason = condition?.reason === undefined ? '' : `${condition.reason}: `;
  return harmless(`Run ${metadata.name} failed: ${reason}${message}`);
}

function detached(name: string, options: Options, terminal: Terminal): number {
  terminal.err(`\nNo longer following; the run goes on. ${goOn(name, options)}\n`);
  return INTERRUPTED;
}

function goOn(name: string, { namespace }: Options): string {
  const where = namespace === undefined ? '' : ` -n ${namespace}`;
  return `To see it: npx sympozium get ${name}${where}. To end it: npx sympozium delete ${name}${where}.`;
}
