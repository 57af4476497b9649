/**
 * A queue between producers that push and one reader that iterates. `close` ends the reading after what was pushed;
 * `next` gives up waiting after `idleMs` and says so.
 */
export function createChannel<T>() {
  const waiting: T[] = [];
  let closed = false;
  let wake = () => {};

  async function next(idleMs: number): Promise<{ value: T } | 'idle' | 'closed'> {
    if (waiting.length === 0 && !closed) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, idleMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    if (waiting.length > 0) return { value: waiting.shift() as T }; // Not empty, as just seen.
    return closed ? 'closed' : 'idle';
  }
  return {
    next,
    push(value: T): void {
      if (!closed) waiting.push(value);
      wake();
    },
    close(): void {
      closed = true;
      wake();
    },
  };
}
