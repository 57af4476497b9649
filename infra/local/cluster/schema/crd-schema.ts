/** The gate for a CustomResourceDefinition's schema. */
import { checkSchemaRules } from './crd-rules.ts';
import { checkStructural } from './structural.ts';
import type { Cause, JsonSchema } from './types.ts';

/** Where the real server says that the schema is when a CRD's versions share one (or there is one version). */
const DEFAULT_PATH = 'spec.validation.openAPIV3Schema';

/**
 * Why the API server would not take this schema: not structural, defaults that are not valid, list types that don't
 * fit, rules that don't compile. Rules are judged only when the rest is right. The cost of rules is not estimated.
 */
export function validateCrdSchema(schema: JsonSchema, path = DEFAULT_PATH): readonly Cause[] {
  const causes: Cause[] = [];
  checkStructural(causes, schema, path);
  if (causes.length === 0) checkSchemaRules(causes, schema, path);
  return causes;
}
