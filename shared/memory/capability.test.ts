import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { memoryToken, memoryUrl, openToken } from './capability.ts';

const label = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?$/);
const capability = fc.record({
  owner: fc.record({ kind: fc.constantFrom('instance' as const, 'pack' as const), namespace: label, name: label }),
  access: fc.constantFrom('read-write' as const, 'read-only' as const),
});

it('a token opens what it was made for, every time the same, and fits into a URL', () => {
  fc.assert(
    fc.property(capability, (one) => {
      const token = memoryToken('key', one);
      expect(token).toMatch(/^[\w.-]+$/);
      expect(memoryToken('key', one)).toBe(token);
      expect(openToken(['new', 'key'], token)).toEqual(one);
      expect(memoryUrl('http://relay:8789/', 'key', one)).toBe(`http://relay:8789/memory/${token}`);
    }),
  );
});

it('nothing else opens anything: not one character more, less or other, and no text at all [API-W57]', () => {
  const mark = fc.stringMatching(/^[\w-]$/);
  fc.assert(
    fc.property(capability, fc.nat(), mark, (one, at, other) => {
      const token = memoryToken('key', one);
      const place = at % token.length;
      const changed = token.slice(0, place) + other + token.slice(place + 1);
      expect(openToken(['key'], changed)).toEqual(changed === token ? one : undefined);
      expect(openToken(['other'], token)).toBeUndefined();
      expect(openToken(['key'], token.slice(0, -1))).toBeUndefined();
    }),
  );
  fc.assert(fc.property(fc.string(), (text) => openToken(['key'], text) === undefined));
});

it('a name that would leave the folder opens nothing, even with the right key', () => {
  const escaping = { kind: 'instance' as const, namespace: '..', name: 'etc' };
  expect(openToken(['key'], memoryToken('key', { owner: escaping, access: 'read-write' }))).toBeUndefined();
});
