import { type Exit, KILLED_EXIT } from './container-process.ts';

/** What a container's status says of its end. */
export interface ExitOutcome {
  exitCode: number;
  reason: 'Completed' | 'Error' | 'OOMKilled' | 'Unknown';
  /** Set when nobody saw how it ended. */
  message?: string;
}

const UNKNOWN_MESSAGE = 'The container could not be located after the node agent was restarted';

/** Exit codes above 128 are signals (137: killed), as the shell and container runtimes count them. */
export function exitOutcome(exit: Exit, outOfMemory: boolean): ExitOutcome {
  if (outOfMemory) return { exitCode: KILLED_EXIT, reason: 'OOMKilled' };
  const { exitCode } = exit;
  if (exit.unknown === true) return { exitCode, reason: 'Unknown', message: UNKNOWN_MESSAGE };
  return { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error' };
}
