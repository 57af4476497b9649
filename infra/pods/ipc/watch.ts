import { type FSWatcher, watch } from 'node:fs';

/** Tells when something may have changed in one of the watched folders. */
export interface ChangeSignal {
  /** Resolves at the next change, after `pollMs` at the latest, or at once when one came since the last call. */
  next(pollMs: number): Promise<void>;
  /** Makes `next` resolve now. */
  wake(): void;
  close(): void;
}

/**
 * File system events where they exist, with polling as the net under them: events get lost on some volumes and before a
 * watch begins, so nothing may depend on them. Missing folders are only polled.
 */
export function watchFolders(folders: readonly string[]): ChangeSignal {
  let pending = false;
  let resume: (() => void) | undefined;
  const wake = () => {
    pending = true;
    resume?.();
  };
  const watchers = folders.flatMap((folder) => watchQuietly(folder, wake));
  return {
    wake,
    async next(pollMs) {
      if (!pending) await untilWokenOr(pollMs, (callback) => (resume = callback));
      resume = undefined;
      pending = false;
    },
    close: () => {
      for (const watcher of watchers) watcher.close();
      wake();
    },
  };
}

function untilWokenOr(pollMs: number, register: (resume: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, pollMs);
    register(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function watchQuietly(folder: string, onChange: () => void): FSWatcher[] {
  try {
    const watcher = watch(folder, onChange);
    // A watch that breaks (folder gone, limit reached) leaves polling, which suffices.
    watcher.on('error', () => watcher.close());
    return [watcher];
  } catch {
    return [];
  }
}
