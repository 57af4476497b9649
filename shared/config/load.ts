import * as z from 'zod';
import { AppError } from '../errors.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** A value that must not be printed: whatever renders it as text or JSON gets `[redacted]`. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }
  reveal(): string {
    return this.#value;
  }
  toString(): string {
    return '[redacted]';
  }
  toJSON(): string {
    return '[redacted]';
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[redacted]';
  }
}

export const secret = z
  .string()
  .min(1)
  .transform((value) => new Secret(value));

/** One or more secrets, separated by spaces: the current one first, then those still accepted while keys rotate. */
export const secretList = z
  .string()
  .min(1)
  .transform((value) =>
    value
      .split(/\s+/)
      .filter((part) => part !== '')
      .map((part) => new Secret(part)),
  );

/**
 * Reads a deployable's configuration from its environment. A blank variable counts as unset. Throws `CONFIG_INVALID` with
 * every variable that is wrong and its rule, and without its value.
 */
export function loadConfig<Schema extends z.ZodType>(schema: Schema, env: Environment): z.output<Schema> {
  const present = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''),
  );
  const parsed = schema.safeParse(present);
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
  throw new AppError('CONFIG_INVALID', `The environment is not usable: ${wrong}`);
}
