import type { EnvVar } from './pod.ts';

/**
 * A variable with a literal value. Kubernetes expands `$(NAME)` and reduces `$$` in values, so each `$` is doubled to arrive
 * as written [RUN-W27]. An empty value is left out, as the API server stores it.
 */
export function literal(name: string, value: string): EnvVar {
  return value === '' ? { name } : { name, value: value.replaceAll('$', '$$$$') };
}

/** One variable for each entry, in order of the names. */
export function literals(values: Readonly<Record<string, string>> | undefined): EnvVar[] {
  return Object.keys(values ?? {})
    .sort()
    .map((name) => literal(name, values?.[name] ?? ''));
}
