import { describe, expect, it } from 'vitest';
import { lackingInRe2 } from './re2.ts';

describe('lackingInRe2', () => {
  it.each([
    ['(?=x)', 'lookaround'],
    ['(?<!x)', 'lookaround'],
    ['(a)\\1', 'back-references'],
    ['(?<n>a)\\k<n>', 'back-references'],
    ['\\u0041', '\\u escapes'],
    ['\\cA', '\\c escapes'],
    ['\\p{Script=Greek}', 'properties with a value'],
    ['[^]', 'empty character classes'],
    ['a{1,1001}', 'repetition above 1000'],
    ['a{2000}', 'repetition above 1000'],
  ])('finds what is missing when the pattern is %s', (pattern, lacking) => {
    expect(lackingInRe2(pattern)).toBe(lacking);
  });

  it.each(['^[a-z]+$', '(?:a|b){1,1000}', '(?<name>x)', '\\\\1', '\\p{Greek}', '[\\]]', '(?i)x'])(
    'finds nothing when the pattern is %s',
    (pattern) => {
      expect(lackingInRe2(pattern)).toBeUndefined();
    },
  );
});
