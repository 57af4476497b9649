import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf, cutBytes } from './bytes.ts';

describe('cutBytes', () => {
  it('gives the longest head of whole code points that fits, for any text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }).map((text) => text.toWellFormed()),
        fc.nat({ max: 40 }),
        (text, max) => {
          const { text: head, cut } = cutBytes(text, max);
          expect(bytesOf(head)).toBeLessThanOrEqual(max);
          expect(text.startsWith(head)).toBe(true);
          expect(cut).toBe(head !== text);
          const next = [...text][[...head].length];
          if (next !== undefined) expect(bytesOf(head + next)).toBeGreaterThan(max);
        },
      ),
    );
  });
});
