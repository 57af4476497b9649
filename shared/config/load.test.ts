import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { loadConfig, Secret, secretList } from './load.ts';

const Schema = z.object({ PORT: z.coerce.number().int().default(8080), TOKENS: secretList });

describe('loadConfig', () => {
  it('takes a blank variable as unset', () => {
    expect(loadConfig(Schema, { PORT: ' ', TOKENS: 'a' }).PORT).toBe(8080);
  });

  it('names every variable that is wrong, and no value', () => {
    expect(() => loadConfig(Schema, { PORT: 's3cret' })).toThrow(/PORT.*TOKENS/);
    expect(() => loadConfig(Schema, { PORT: 's3cret' })).not.toThrow(/s3cret/);
  });

  it('reads the current secret and those still accepted', () => {
    expect(loadConfig(Schema, { TOKENS: ' new  old ' }).TOKENS.map((one) => one.reveal())).toEqual(['new', 'old']);
  });
});

describe('Secret', () => {
  it('shows itself to nobody who prints it', () => {
    const value = new Secret('s3cret');
    for (const text of [`${value}`, JSON.stringify({ value }), inspect({ value })]) {
      expect(text).toContain('[redacted]');
      expect(text).not.toContain('s3cret');
    }
  });
});
