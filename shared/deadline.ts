/**
 * Does `work` with a signal that aborts with a `TimeoutError` after so many milliseconds, or with `outer`. The timer ends with
 * the work: those of `AbortSignal.timeout` live on to their hour, and a busy process holds thousands of them.
 */
export async function within<T>(
  milliseconds: number,
  work: (signal: AbortSignal) => Promise<T>,
  outer?: AbortSignal,
): Promise<T> {
  const controller = new AbortController();
  const expire = () => controller.abort(new DOMException(`${milliseconds} ms are over`, 'TimeoutError'));
  const timer = setTimeout(expire, milliseconds);
  const follow = () => controller.abort(outer?.reason);
  if (outer?.aborted) follow();
  outer?.addEventListener('abort', follow, { once: true });
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener('abort', follow);
  }
}
