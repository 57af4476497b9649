/** CEL as Kubernetes has it: expressions compiled once, with the functions that Kubernetes adds. */
import { Environment, ParseError, type ParseResult } from '@marcbachmann/cel-js';
import { describeCelError } from './cel-errors.ts';
import { registerKubernetesFunctions } from './cel-functions.ts';

let base: Environment | undefined;

/** A new environment with all functions and no variables. The functions are registered on first use. */
export function celEnvironment(unlistedVariablesAreDyn = false): Environment {
  base ??= registerKubernetesFunctions(
    new Environment({ enableOptionalTypes: true, homogeneousAggregateLiterals: false }),
  );
  return base.clone({ enableOptionalTypes: true, homogeneousAggregateLiterals: false, unlistedVariablesAreDyn });
}

/** Why an expression could not be compiled or evaluated. */
export interface CelError {
  readonly error: string;
}

/** A compiled expression; variables are CEL values (`toCel`). */
export type Program = (variables: Readonly<Record<string, unknown>>) => { readonly value: unknown } | CelError;

/** Compiles an expression in an environment, and tells its type. */
export function compileCel(
  env: Environment,
  expression: string,
): { readonly program: Program; readonly type: string } | CelError {
  try {
    const parsed = env.parse(expression);
    const { valid, type = 'dyn', error } = parsed.check();
    if (valid) return { program: (variables) => run(parsed, variables), type };
    return { error: error ? describeCelError(error, expression) : 'not valid' };
  } catch (cause) {
    if (!(cause instanceof ParseError)) throw cause;
    return { error: describeCelError(cause, expression) };
  }
}

function run(
  parsed: ParseResult,
  variables: Readonly<Record<string, unknown>>,
): { readonly value: unknown } | CelError {
  try {
    return { value: parsed(variables) };
  } catch (cause) {
    return { error: firstLine(cause).replace(/^No such key/, 'no such key') };
  }
}

function firstLine(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).split('\n')[0] ?? '';
}
