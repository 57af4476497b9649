import { existsSync, readFileSync } from 'node:fs';
import type { Container } from '../client/core-types.ts';
import { parseLine } from './container-log.ts';

const MAX_BYTES = 4096;
const MAX_LOG_BYTES = 2048;
const MAX_LOG_LINES = 80;

/** What a container left as its last word: the termination log, or the end of its log when it asks for that. */
export function terminationMessage(
  container: Container,
  { file, log, failed }: { file: string; log: string; failed: boolean },
): string {
  const written = existsSync(file) ? readFileSync(file).subarray(0, MAX_BYTES).toString('utf8') : '';
  if (written !== '' || !failed || container.terminationMessagePolicy !== 'FallbackToLogsOnError' || !existsSync(log))
    return written;
  const lines = readFileSync(log, 'utf8')
    .split('\n')
    .flatMap((line) => parseLine(line)?.text ?? []);
  const tail = Buffer.from(
    lines
      .slice(-MAX_LOG_LINES)
      .map((line) => `${line}\n`)
      .join(''),
  );
  return tail.subarray(Math.max(0, tail.length - MAX_LOG_BYTES)).toString('utf8');
}
