/** Whether the rules of `x-kubernetes-validations` compile against their schema. */
import type { Environment } from '@marcbachmann/cel-js';
import { invalid, notSupported, required } from './causes.ts';
import { celEnvironment, compileCel } from './cel-environment.ts';
import { celErrorAt } from './cel-errors.ts';
import { usesOldSelf } from './cel-rules.ts';
import { celType } from './cel-types.ts';
import { type SchemaNode, schemaNode } from './node.ts';
import type { Cause, JsonSchema, ValidationRule } from './types.ts';

const REASONS = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'];

/** Where a rule is: its node, the path to it, and the list around it whose items have no old value. */
interface Place {
  readonly node: SchemaNode;
  readonly path: string;
  readonly root: boolean;
  readonly uncorrelated: string | undefined;
}

/** Collects what is wrong with the rules of a schema and of all below it. */
export function checkSchemaRules(causes: Cause[], schema: JsonSchema, path: string): void {
  visit(causes, { node: schemaNode(schema), path, root: true, uncorrelated: undefined });
}

function visit(causes: Cause[], place: Place): void {
  const { node, path, uncorrelated } = place;
  if (!node.hasRules) return;
  for (const [i, rule] of (node.schema['x-kubernetes-validations'] ?? []).entries()) {
    checkRule(causes, rule, `${path}.x-kubernetes-validations[${i}]`, place);
  }
  for (const [name, child] of node.properties) {
    visit(causes, { node: child, path: `${path}.properties[${name}]`, root: false, uncorrelated });
  }
  if (isNode(node.additional))
    visit(causes, { node: node.additional, path: `${path}.additionalProperties`, root: false, uncorrelated });
  if (node.items) {
    const correlated = node.schema['x-kubernetes-list-type'] === 'map';
    visit(causes, {
      node: node.items,
      path: `${path}.items`,
      root: false,
      uncorrelated: correlated ? uncorrelated : (uncorrelated ?? path),
    });
  }
}

function isNode(value: SchemaNode | boolean): value is SchemaNode {
  return typeof value === 'object';
}

function checkRule(causes: Cause[], rule: ValidationRule, path: string, place: Place): void {
  if (!rule.rule.trim()) {
    causes.push(required(`${path}.rule`, 'rule is not specified'));
    return;
  }
  checkWords(causes, rule, path);
  if (rule.fieldPath && !hasField(place.node, rule.fieldPath)) {
    causes.push(invalid(`${path}.fieldPath`, rule.fieldPath, 'must be a valid path'));
  }
  if (rule.optionalOldSelf !== undefined && !usesOldSelf(rule.rule)) {
    causes.push(
      invalid(`${path}.optionalOldSelf`, rule.optionalOldSelf, 'may not be set if oldSelf is not used in rule'),
    );
  }
  if (place.uncorrelated !== undefined && usesOldSelf(rule.rule)) {
    const detail = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${place.uncorrelated}`;
    causes.push(invalid(`${path}.rule`, rule.rule, detail));
    return;
  }
  checkExpressions(causes, rule, path, place);
}

function checkWords(causes: Cause[], { rule, message, messageExpression, reason }: ValidationRule, path: string): void {
  if (message?.includes('\n')) causes.push(invalid(`${path}.message`, message, 'must not contain line breaks'));
  if (message !== undefined && message !== '' && !message.trim()) {
    causes.push(invalid(`${path}.message`, message, 'message must be non-empty if specified'));
  }
  if (rule.trim().includes('\n') && !message) {
    causes.push(required(`${path}.message`, 'message must be specified if rule contains line breaks'));
  }
  if (messageExpression !== undefined && messageExpression !== '' && !messageExpression.trim()) {
    causes.push(required(`${path}.messageExpression`, 'messageExpression must be non-empty if specified'));
  }
  if (reason !== undefined && !REASONS.includes(reason)) causes.push(notSupported(`${path}.reason`, reason, REASONS));
}

function hasField(node: SchemaNode, fieldPath: string): boolean {
  const names = [...fieldPath.matchAll(/\.([A-Za-z_]\w*)|\['([^']+)'\]/g)].map(
    ([, plain, quoted]) => plain ?? quoted ?? '',
  );
  let at: SchemaNode | undefined = node;
  for (const name of names) {
    const child: SchemaNode | boolean | undefined = at?.properties.get(name) ?? at?.additional;
    at = child !== undefined && isNode(child) ? child : undefined;
  }
  return names.length > 0 && at !== undefined;
}

function checkExpressions(causes: Cause[], rule: ValidationRule, path: string, { node, root }: Place): void {
  const env = celEnvironment();
  const type = celType(env, node, root);
  env.registerVariable('self', type).registerVariable('oldSelf', rule.optionalOldSelf ? 'optional' : type);
  const value = printRule(rule);
  const say = (field: string, detail: string) =>
    causes.push({
      reason: 'FieldValueInvalid',
      field: `${path}.${field}`,
      message: `Invalid value: ${value}: ${detail}`,
    });
  const compiled = compileRule(env, rule.rule);
  if ('error' in compiled) say('rule', `compilation failed: ${compiled.error}`);
  else if (compiled.type !== 'bool' && compiled.type !== 'dyn') say('rule', 'cel expression must evaluate to a bool');
  if (!rule.messageExpression) return;
  const message = compileCel(env, rule.messageExpression);
  if ('error' in message) say('messageExpression', `messageExpression compilation failed: ${message.error}`);
  else if (message.type !== 'string' && message.type !== 'dyn')
    say('messageExpression', 'messageExpression must evaluate to a string');
}

/**
 * The library takes `has` of a field that does not exist; the real server refuses it. So `has(x.y)` is compiled once
 * more as a look-up of `x.y`.
 */
function compileRule(env: Environment, expression: string): ReturnType<typeof compileCel> {
  const compiled = compileCel(env, expression);
  const looked = expression.replace(/\bhas\(\s*([\w.]+)\s*\)/g, '(dyn($1) == dyn($1))');
  if ('error' in compiled || looked === expression) return compiled;
  const strict = compileCel(env, looked);
  const fault = 'error' in strict ? /undefined field '[^']*'/.exec(strict.error) : null;
  return fault ? { error: celErrorAt(fault[0], expression.indexOf('has(') + 3, expression) } : compiled;
}

/** The rule as Go prints it in the error. */
function printRule({
  rule,
  message = '',
  messageExpression = '',
  reason,
  fieldPath = '',
  optionalOldSelf,
}: ValidationRule): string {
  const printed = {
    Rule: rule,
    Message: message,
    MessageExpression: messageExpression,
    Reason: reason ?? null,
    FieldPath: fieldPath,
    OptionalOldSelf: optionalOldSelf ?? null,
  };
  return JSON.stringify(printed).replace(/[<>&]/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`);
}
