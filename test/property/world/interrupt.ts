/** Stands for a function's process being killed: every later step of the pass fails too. */
class Killed extends Error {
  override readonly name = 'Killed';
}

/** Counts the writes of all passes, and kills a pass after a chosen number of them. */
export interface Interrupt {
  /** The pass dies right after its next `count` writes; undefined lets it live. */
  killAfter(count: number | undefined): void;
  /** Called by the world before and after each write. */
  around<T>(what: string, write: () => T): T;
  /** Called by the world before each read. */
  check(): void;
  writes(): readonly string[];
  /** Returns what forgets the writes from now on. */
  save(): () => void;
}

export function createInterrupt(): Interrupt {
  const writes: string[] = [];
  let left: number | undefined;
  const check = () => {
    if (left === 0) throw new Killed('The process was killed');
  };
  return {
    killAfter: (count) => {
      left = count;
    },
    check,
    around: (what, write) => {
      check();
      const result = write();
      writes.push(what);
      if (left !== undefined) left -= 1;
      return result;
    },
    writes: () => writes,
    save: () => {
      const kept = writes.length;
      return () => {
        writes.length = kept;
      };
    },
  };
}
