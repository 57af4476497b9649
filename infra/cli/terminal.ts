import type { Environment } from '../../shared/config/load.ts';

/** Where the client runs: its two outputs, its surroundings, and Ctrl-C. */
export interface Terminal {
  /** Answers and nothing else. */
  out(text: string): void;
  /** Progress and complaints. */
  err(text: string): void;
  outIsTty: boolean;
  errIsTty: boolean;
  /** Columns of the screen. */
  width: number;
  env: Environment;
  cwd: string;
  /** Aborted by Ctrl-C. */
  interrupted: AbortSignal;
}

/** A failure that is told in its own words, without a stack. Exit 1: it could not be done; 2: it was asked for wrongly. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2 = 1, options?: { cause?: unknown }) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
