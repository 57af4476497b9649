import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitName, isDnsLabel, isDnsSubdomain } from './names.ts';

const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,200}[a-z0-9])?$/);

describe('fit', () => {
  it('leaves what fits, and makes the rest fit, as a valid label, when it is too long [RUN-W15]', () => {
    fc.assert(
      fc.property(label, (name) => {
        const fitted = fitName(name);
        expect(isDnsLabel(fitted)).toBe(true);
        if (name.length <= 63) expect(fitted).toBe(name);
      }),
    );
  });

  it('keeps long names apart when only their ends differ [RUN-W15]', () => {
    const long = 'a'.repeat(100);
    expect(fitName(`${long}-1`)).not.toBe(fitName(`${long}-2`));
    expect(fitName(`${long}-1`)).toBe(fitName(`${long}-1`));
  });
});

describe('DNS names', () => {
  it.each([
    ['a', true, true],
    ['a-1', true, true],
    ['a.b', false, true],
    ['A', false, false],
    ['-a', false, false],
    ['a.', false, false],
    ['', false, false],
    ['a'.repeat(64), false, true],
    ['a'.repeat(254), false, false],
  ])('judges %j: label %s, subdomain %s', (name, isLabel, isSubdomain) => {
    expect(isDnsLabel(name)).toBe(isLabel);
    expect(isDnsSubdomain(name)).toBe(isSubdomain);
  });
});
