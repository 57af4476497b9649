/** CEL expressions outside of schemas, such as a webhook's matchConditions. */
import { Authorizer } from './cel-authorizer.ts';
import { type CelError, celEnvironment, compileCel, type Program } from './cel-environment.ts';
import { plainToCel } from './cel-values.ts';

/** Expressions are few and come again and again. */
const CACHE_LIMIT = 500;
const programs = new Map<string, Program | CelError>();

/**
 * Evaluates an expression with JSON variables (`object`, `oldObject`, `request`, …) and `authorizer`; the value is a JavaScript value,
 * integers as bigint. An error is an expression that does not compile, or a failed look-up at run time.
 */
export function evaluateCel(
  expression: string,
  variables: Readonly<Record<string, unknown>>,
): { readonly value: unknown } | CelError {
  const program = programOf(expression, Object.keys(variables));
  if (typeof program !== 'function') return program;
  return program(
    Object.fromEntries(
      Object.entries(variables).map(([name, value]) => [
        name,
        value instanceof Authorizer ? value : plainToCel(value ?? null),
      ]),
    ),
  );
}

/** Why an expression over these variables does not compile; undefined when it does. */
export function celError(expression: string, variables: readonly string[]): string | undefined {
  const program = programOf(expression, variables);
  return typeof program === 'function' ? undefined : program.error;
}

function programOf(expression: string, variables: readonly string[]): Program | CelError {
  const key = `${variables.join()}\n${expression}`;
  let program = programs.get(key);
  if (program === undefined) {
    const env = celEnvironment();
    for (const name of variables) env.registerVariable(name, 'dyn');
    const compiled = compileCel(env, expression);
    program = 'program' in compiled ? compiled.program : compiled;
    if (programs.size >= CACHE_LIMIT) programs.clear();
    programs.set(key, program);
  }
  return program;
}
