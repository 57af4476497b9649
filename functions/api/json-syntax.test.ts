import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lineAndColumn, scanJson } from './json-syntax.ts';

describe('scanJson', () => {
  it('finds the end of any value, whatever follows it [API-008]', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom('', ' ', ' trailing', '\n{"a":1}', ']'), (value, rest) => {
        fc.pre(
          !/^-?\d|[\d"]$/.test(value) || rest.startsWith(' ') || rest === '' || rest.startsWith('\n') || rest === ']',
        );
        expect(scanJson(value + rest)).toEqual({ end: value.length });
      }),
    );
  });

  it('agrees with JSON.parse on what is JSON', () => {
    const pieces = fc.array(
      fc.constantFrom(
        '{',
        '}',
        '[',
        ']',
        ',',
        ':',
        '"a"',
        '1',
        '-',
        'true',
        ' ',
        '"\\u00',
        '"',
        'null',
        '\n',
        '1e5',
        '01',
      ),
    );
    fc.assert(
      fc.property(
        pieces.map((parts) => parts.join('')),
        (text) => {
          const scan = scanJson(text);
          if ('end' in scan) expect(() => JSON.parse(text.slice(0, scan.end))).not.toThrow();
          else expect(() => JSON.parse(text)).toThrow();
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['', 0],
    ['{"task":', 8],
    ['{"a":x}', 5],
    ['[1,]', 3],
    ['{,}', 1],
    ['{"a" 1}', 5],
    ['"a\u0001"', 0],
    ['nul', 0],
  ])('says where %j goes wrong', (text, wrongAt) => {
    expect(scanJson(text)).toEqual({ wrongAt });
  });

  it('takes a value of any depth and length', () => {
    const deep = '['.repeat(50_000) + ']'.repeat(50_000);
    const long = JSON.stringify('\n'.repeat(1_000_000));

    expect(scanJson(deep)).toEqual({ end: deep.length });
    expect(scanJson(long)).toEqual({ end: long.length });
  });
});

it('counts lines and columns from one', () => {
  expect(lineAndColumn('ab\ncd', 4)).toBe('line 2, column 2');
});
