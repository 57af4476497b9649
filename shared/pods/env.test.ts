import { describe, expect, it } from 'vitest';
import { literal, literals } from './env.ts';

describe('literal', () => {
  it('doubles dollar signs, so that Kubernetes gives them back as written [RUN-W27]', () => {
    expect(literal('A', '$(B) $$ $C')).toEqual({ name: 'A', value: '$$(B) $$$$ $$C' });
  });

  it('has no value when that is empty', () => {
    expect(literal('A', '')).toEqual({ name: 'A' });
  });
});

describe('literals', () => {
  it('are sorted by name', () => {
    expect(literals({ b: '2', a: '1' }).map(({ name }) => name)).toEqual(['a', 'b']);
  });
});
