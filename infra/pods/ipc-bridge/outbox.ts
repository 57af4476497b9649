import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { isMissing } from '../ipc/files.ts';
import { describeError, type Log } from '../ipc/log.ts';
import { EMPTY_METRICS, type RunResult } from '../ipc/protocol.ts';
import { fitResult } from '../ipc/result.ts';
import type { PodBus } from './bus.ts';
import type { BridgeConfig } from './config.ts';
import type { Ledger } from './ledger.ts';
import {
  COMPLETED,
  envelope,
  isDenied,
  isStream,
  isSuppressed,
  OUTGOING_FOLDERS,
  type Route,
  routeOf,
  subjectOf,
} from './routes.ts';

/** How one look at the folders ended: nothing is left, files are not complete yet, or the bus did not take one. */
export type PassResult = 'drained' | 'incomplete' | 'refused';

export interface OutboxOptions {
  /** Host path of `/ipc`. */
  ipc: string;
  config: BridgeConfig;
  bus: PodBus;
  ledger: Ledger;
  log: Log;
  /** After this long a file that still isn't JSON is given up. */
  incompleteMs: number;
}

interface Candidate {
  key: string;
  path: string;
  route: Route;
}

/** From then on a file no longer holds up those behind it: the bus takes others but not this one. */
const ATTEMPTS_BEFORE_SKIPPING = 5;
/** The headers of a message count towards the limit too. */
const PAYLOAD_RESERVE = 4096;

/** Publishes files as they become complete, each at least once, and only once as far as the bus and the ledger can tell. */
export class Outbox {
  private readonly options: OutboxOptions;
  private readonly firstSeen = new Map<string, number>();
  private readonly attempts = new Map<string, number>();
  private isCompleted: boolean;

  constructor(options: OutboxOptions) {
    this.options = options;
    // A bridge that starts again finds its work done.
    this.isCompleted = options.ledger.has(RESULT_KEY) || options.ledger.has(MISSING_RESULT_KEY);
  }

  /** True once the run's completion is stored, or suppressed by a gate. */
  get completed(): boolean {
    return this.isCompleted;
  }

  /** Publishes what is complete, in order. Never throws. */
  async pass(): Promise<PassResult> {
    let result: PassResult = 'drained';
    for (const candidate of await candidates(this.options.ipc, this.options.ledger)) {
      const outcome = await this.send(candidate);
      if (outcome === 'settled') continue;
      const attempts = this.attempts.get(candidate.key) ?? 0;
      // Order counts as long as it may just be the bus that is away.
      if (outcome === 'refused' && attempts < ATTEMPTS_BEFORE_SKIPPING) return 'refused';
      // A file that the bus keeps refusing must not keep the pod alive, except the result.
      if (outcome === 'incomplete' || candidate.route === COMPLETED) result = outcome;
    }
    return result;
  }

  /** Publishes a completion for a run that left no result (RUN-W03). May fail: then `completed` stays false. */
  async completeWithError(error: string): Promise<void> {
    const { config, ledger } = this.options;
    if (!config.gated && !(await this.publish(COMPLETED, MISSING_RESULT_KEY, errorResult(error)))) return;
    this.isCompleted = true;
    await ledger.add(MISSING_RESULT_KEY);
  }

  private async send(candidate: Candidate): Promise<'settled' | 'incomplete' | 'refused'> {
    const { config, log } = this.options;
    try {
      if (isDenied(candidate.route, config.tools)) {
        log.warn('Tool is denied by the policy of the run', { tool: candidate.route.tool, file: candidate.key });
      } else if (!isSuppressed(candidate.route, config.gated)) {
        const content = await this.contentOf(candidate);
        if (content === 'wait') return 'incomplete';
        if (content !== 'drop' && !(await this.publish(candidate.route, candidate.key, content.json))) return 'refused';
      }
      await this.settle(candidate);
      return 'settled';
    } catch (error) {
      log.error('Could not read a file', { file: candidate.key, error: describeError(error) });
      return 'incomplete';
    }
  }

  private async settle({ key, path, route }: Candidate): Promise<void> {
    await this.options.ledger.add(key);
    if (route === COMPLETED) this.isCompleted = true;
    // A long run writes thousands of chunks into a small volume in memory.
    if (isStream(route)) await rm(path, { force: true });
  }

  private async publish(route: Route, key: string, json: string): Promise<boolean> {
    const { config, bus, log } = this.options;
    try {
      await bus.publish({
        id: `${config.messageIdPrefix}-${key}`,
        subject: subjectOf(route, config),
        body: envelope(route, json, config),
        headers: config.traceparent ? { traceparent: config.traceparent } : {},
      });
      return true;
    } catch (error) {
      const attempt = (this.attempts.get(key) ?? 0) + 1;
      this.attempts.set(key, attempt);
      // At 1, 2, 4, 8 …: a bus may be away for long, and the log is the pod's.
      if (Number.isInteger(Math.log2(attempt))) {
        log.warn('Bus did not take a message', { file: key, attempt, error: describeError(error) });
      }
      return false;
    }
  }

  /** The JSON to publish; 'wait' while it is incomplete; 'drop' when it never can be published. */
  private async contentOf({ key, path, route }: Candidate): Promise<{ json: string } | 'wait' | 'drop'> {
    const { bus, log } = this.options;
    const text = await readIfPresent(path);
    if (text === undefined) return 'drop';
    if (!isJson(text)) return this.incomplete(key, route);
    const limit = bus.maxPayload() - PAYLOAD_RESERVE;
    if (Buffer.byteLength(text) <= limit) return { json: text };
    log.error('File is larger than a bus message may be', { file: key, limit });
    return route === COMPLETED ? { json: cutResult(text, limit) } : 'drop';
  }

  private incomplete(key: string, route: Route): { json: string } | 'wait' | 'drop' {
    const since = this.firstSeen.get(key) ?? Date.now();
    this.firstSeen.set(key, since);
    if (Date.now() - since < this.options.incompleteMs) return 'wait';
    this.options.log.error('File never became valid JSON', { file: key });
    return route === COMPLETED ? { json: errorResult('agent wrote an unreadable result') } : 'drop';
  }
}

const RESULT_KEY = 'output/result.json';
const MISSING_RESULT_KEY = 'output/result.json-missing';

const readIfPresent = (path: string): Promise<string | undefined> =>
  readFile(path, 'utf8').catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });

/** The response is what grows; a result that is too large without one is no result. */
function cutResult(text: string, limit: number): string {
  const result = z.looseObject({ response: z.string() }).safeParse(JSON.parse(text));
  if (!result.success) return errorResult('agent wrote a result that is too large');
  const fitted = JSON.stringify(fitResult(result.data, limit));
  return Buffer.byteLength(fitted) <= limit ? fitted : errorResult('agent wrote a result that is too large');
}

const errorResult = (error: string) =>
  JSON.stringify({ status: 'error', error, metrics: EMPTY_METRICS } satisfies RunResult);

/** Everything not yet published: folder by folder, within one by number and name, the result last. */
async function candidates(ipc: string, ledger: Ledger): Promise<Candidate[]> {
  const found: Candidate[] = [];
  for (const folder of OUTGOING_FOLDERS) {
    const names = await readdir(join(ipc, folder)).catch(() => []);
    for (const name of names.sort(byNumberThenName)) {
      const route = routeOf(folder, name);
      if (!route) continue;
      const path = join(ipc, folder, name);
      const key = await keyOf(folder, name, path);
      if (key !== undefined && !ledger.has(key)) found.push({ key, path, route });
    }
  }
  return [...found.filter(({ route }) => route !== COMPLETED), ...found.filter(({ route }) => route === COMPLETED)];
}

const byNumberThenName = new Intl.Collator('en', { numeric: true }).compare;

/** Undefined for what is no regular file. A status is written again and again, so its key tells the versions apart. */
async function keyOf(folder: string, name: string, path: string): Promise<string | undefined> {
  const status = await stat(path).catch(() => undefined);
  if (!status?.isFile()) return undefined;
  return name === 'status.json' ? `${folder}/${name}@${status.mtimeMs}` : `${folder}/${name}`;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
