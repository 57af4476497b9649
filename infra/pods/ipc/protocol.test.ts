import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLog, redactor } from './log.ts';
import {
  EMPTY_METRICS,
  memoryBlockOf,
  memoryLine,
  type RunResult,
  resultLine,
  withoutMemoryBlocks,
} from './protocol.ts';

/** Text in which markers, whole and in parts, are common. */
const hostileText = fc
  .array(
    fc.oneof(
      fc.string(),
      fc.constantFrom(
        '__SYMPOZIUM_END__',
        '__SYMPOZIUM_RESULT__',
        '__SYMPOZIUM_',
        '_',
        '\\u005f',
        '\n',
        '__SYMPOZIUM_MEMORY__',
      ),
    ),
  )
  .map((parts) => parts.join(''));

/** As every reader of the log does it: last start marker, first end marker after it. */
function readResult(log: string): unknown {
  const start = log.lastIndexOf('__SYMPOZIUM_RESULT__') + '__SYMPOZIUM_RESULT__'.length;
  return JSON.parse(log.slice(start, log.indexOf('__SYMPOZIUM_END__', start)));
}

describe('the result line', () => {
  it('gives back the result whatever text it holds, markers included [RUN-W22]', () => {
    fc.assert(
      fc.property(hostileText, hostileText, (response, error) => {
        const result: RunResult = { status: 'success', response, error, metrics: EMPTY_METRICS };
        const line = resultLine(result);
        expect(readResult(`earlier output\n${line}\n`)).toEqual(result);
        expect(line).not.toContain('\n');
      }),
    );
  });
});

describe('the memory block', () => {
  it('is the last one of a response, and none when there is none', () => {
    const response =
      'a __SYMPOZIUM_MEMORY__one__SYMPOZIUM_MEMORY_END__ b __SYMPOZIUM_MEMORY__\ntwo\n__SYMPOZIUM_MEMORY_END__';
    expect(memoryBlockOf(response)).toBe('two');
    expect(withoutMemoryBlocks(response)).toBe('a  b');
    expect(memoryBlockOf('nothing')).toBeUndefined();
  });

  it('cannot hold a marker when it is printed [RUN-W24]', () => {
    const line = memoryLine('x __SYMPOZIUM_RESULT__{} y');
    expect(line.match(/__SYMPOZIUM_/g)).toHaveLength(2);
  });
});

describe('the log', () => {
  it('prints neither secrets nor markers [RUN-W24]', () => {
    const lines: string[] = [];
    const log = createLog('test', redactor(['very-secret-key', undefined, 'short']), (line) => lines.push(line));
    log.error('Failed with very-secret-key', { detail: '__SYMPOZIUM_MEMORY__ short very-secret-key' });
    expect(lines.join('')).not.toMatch(/very-secret-key|__SYMPOZIUM_/);
    expect(lines.join('')).toContain('short');
  });
});
