import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { COMPARED, caseNames, casesOf } from './agentrun-golden.ts';

/** Cases that no test compares yet, with why. */
const NOT_COMPARED: Readonly<Record<string, string>> = {
  'router-access-denied': 'messages of channels are not routed yet',
  'router-completed-not-channel': 'messages of channels are not routed yet',
  'router-inbound-and-reply': 'messages of channels are not routed yet',
};

const TESTS = Object.keys(COMPARED) as (keyof typeof COMPARED)[];

describe('the record of the original', () => {
  it.each(caseNames())('is compared by some test, or it is listed why not: %s', (name) => {
    const compared = TESTS.some((test) => casesOf(test).includes(name));
    expect(compared).toBe(!(name in NOT_COMPARED));
  });

  it('has every case that is listed', () => {
    expect(Object.keys(NOT_COMPARED).filter((name) => !caseNames().includes(name))).toEqual([]);
  });

  it.each(TESTS)('is read by %s as far as that says', (test) => {
    const source = readFileSync(new URL(test, import.meta.url), 'utf8');
    const unread = casesOf(test).filter((name) => !source.includes(`loadCase('${name}')`));
    expect(source.includes(`casesOf('${test}')`) ? [] : unread).toEqual([]);
  });
});
