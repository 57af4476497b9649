/** Structural schemas of custom resources, as the API server's apiextensions has them. */
import { isBlocking, RULES_NOT_CHECKED } from './causes.ts';
import { checkRules } from './cel-rules.ts';
import { applyDefaults } from './defaults.ts';
import { type SchemaNode, schemaNode } from './node.ts';
import { prune } from './prune.ts';
import type { Cause, CompiledSchema, JsonObject, JsonSchema } from './types.ts';
import { checkValue } from './validate.ts';

/** Makes a schema ready. It must have been accepted by `validateCrdSchema`. */
export function compileSchema(schema: JsonSchema): CompiledSchema {
  const root = schemaNode(schema);
  return {
    schema,
    prune: (object) =>
      root.preserve && root.properties.size === 0 ? { value: object, unknownPaths: [] } : prune(object, root),
    default: (object) => applyDefaults(object, root),
    validate: (object, old) => validate(object, old, root),
  };
}

function validate(object: JsonObject, old: JsonObject | undefined, root: SchemaNode): readonly Cause[] {
  const causes: Cause[] = [];
  checkValue(causes, object, old, root, '');
  if (!root.hasRules) return causes;
  if (causes.some(isBlocking)) causes.push(RULES_NOT_CHECKED);
  else checkRules(causes, object, old, root, '');
  return causes;
}
