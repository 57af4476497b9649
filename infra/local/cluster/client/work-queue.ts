import { isConflict, isNotFound, KubeStatusError } from '../../../../shared/kube/status-error.ts';

export interface WorkQueue {
  add(key: string): void;
  addAfter(key: string, milliseconds: number): void;
  close(): Promise<void>;
}

export interface WorkQueueOptions {
  name: string;
  /** One level-triggered pass; a number asks for another pass after so many milliseconds. */
  reconcile(key: string): Promise<number | undefined>;
  concurrency?: number;
  log?: (message: string) => void;
}

const FIRST_RETRY_MS = 20;
const LAST_RETRY_MS = 30_000;

/** A set of keys: one pass per key at a time, adds during a pass mean one more, failures back off (client-go's rules). */
export function createWorkQueue({ name, reconcile, concurrency = 4, log }: WorkQueueOptions): WorkQueue {
  const waiting = new Set<string>();
  const running = new Map<string, Promise<void>>();
  const dirty = new Set<string>();
  const failures = new Map<string, number>();
  const timers = new Map<string, NodeJS.Timeout>();
  let closed = false;

  function add(key: string): void {
    if (closed) return;
    if (running.has(key)) dirty.add(key);
    else waiting.add(key);
    dispatch();
  }

  function addAfter(key: string, milliseconds: number): void {
    if (closed) return;
    clearTimeout(timers.get(key));
    timers.set(
      key,
      setTimeout(
        () => {
          timers.delete(key);
          add(key);
        },
        Math.min(milliseconds, 2 ** 31 - 1),
      ),
    );
  }

  function dispatch(): void {
    for (const key of waiting) {
      if (running.size >= concurrency) return;
      waiting.delete(key);
      running.set(key, pass(key));
    }
  }

  async function pass(key: string): Promise<void> {
    // A microtask later, so that the entry in `running` exists before the pass can end.
    await Promise.resolve();
    try {
      const again = await reconcile(key);
      failures.delete(key);
      if (again !== undefined) addAfter(key, again);
    } catch (error) {
      retry(key, error);
    } finally {
      running.delete(key);
      if (dirty.delete(key)) add(key);
      dispatch();
    }
  }

  function retry(key: string, error: unknown): void {
    if (closed) return;
    const count = failures.get(key) ?? 0;
    failures.set(key, count + 1);
    // Another writer was faster: expected, and the next pass reads what it wrote.
    if (!isConflict(error) && !isNotFound(error))
      log?.(`${name} ${key}: ${error instanceof Error ? error.message : String(error)}`);
    addAfter(key, Math.min(FIRST_RETRY_MS * 2 ** count, LAST_RETRY_MS));
  }

  async function close(): Promise<void> {
    closed = true;
    waiting.clear();
    for (const timer of timers.values()) clearTimeout(timer);
    await Promise.all(running.values());
  }

  return { add, addAfter, close };
}

/** Another writer was faster, or the object's namespace is going: the next pass finds out. */
export function isExpected(error: unknown): boolean {
  const terminating =
    error instanceof KubeStatusError &&
    error.status.details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating') === true;
  return terminating || isConflict(error) || isNotFound(error);
}
