/** Rules of `x-kubernetes-validations`: compiled with the schema, run over values. */
import { Optional } from '@marcbachmann/cel-js';
import { deepEqual, isObject } from '../apply/values.ts';
import { invalid } from './causes.ts';
import { celEnvironment, compileCel, type Program } from './cel-environment.ts';
import { toCel } from './cel-values.ts';
import { correlate } from './correlate.ts';
import type { SchemaNode } from './node.ts';
import { causeField, joinPath } from './path.ts';
import type { Cause, ValidationRule } from './types.ts';

interface CompiledRule {
  readonly rule: ValidationRule;
  readonly program: Program;
  readonly message: Program | undefined;
  readonly usesOld: boolean;
}

const compiledRules = new WeakMap<SchemaNode, readonly CompiledRule[]>();

/** Whether an expression looks at the old value, outside of string literals. */
export function usesOldSelf(expression: string): boolean {
  return /\boldSelf\b/.test(expression.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '""'));
}

function rulesOf(node: SchemaNode): readonly CompiledRule[] {
  let rules = compiledRules.get(node);
  if (!rules) {
    rules = (node.schema['x-kubernetes-validations'] ?? []).map(compileRule);
    compiledRules.set(node, rules);
  }
  return rules;
}

function compileRule(rule: ValidationRule): CompiledRule {
  return {
    rule,
    program: program(rule.rule, rule.optionalOldSelf),
    message: rule.messageExpression === undefined ? undefined : program(rule.messageExpression, rule.optionalOldSelf),
    usesOld: usesOldSelf(rule.rule),
  };
}

/** At run time everything is dyn: types were checked when the schema was accepted (`validateCrdSchema`). */
function program(expression: string, optionalOldSelf = false): Program {
  const env = celEnvironment()
    .registerVariable('self', 'dyn')
    .registerVariable('oldSelf', optionalOldSelf ? 'optional' : 'dyn');
  const compiled = compileCel(env, expression);
  return 'program' in compiled ? compiled.program : () => ({ error: compiled.error });
}

/** Runs the rules of a value and of all below it. `old` is undefined for what is new. */
export function checkRules(causes: Cause[], value: unknown, old: unknown, node: SchemaNode, path: string): void {
  if (!node.hasRules || value === null || value === undefined) return;
  const rules = rulesOf(node);
  if (rules.length > 0) runRules(causes, value, old, node, path, rules);
  if (Array.isArray(value) && node.items) {
    const oldItem = correlate(node, old);
    for (const [i, item] of value.entries()) checkRules(causes, item, oldItem(item), node.items, `${path}[${i}]`);
  } else if (isObject(value)) {
    const before = isObject(old) ? old : {};
    for (const [name, child] of Object.entries(value)) {
      const property = node.properties.get(name);
      // Rules name the keys of maps otherwise than fields, as the rest of the schema does not.
      if (property !== undefined) checkRules(causes, child, before[name], property, joinPath(path, name));
      else if (typeof node.additional === 'object')
        checkRules(causes, child, before[name], node.additional, `${path}[${name}]`);
    }
  }
}

function runRules(
  causes: Cause[],
  value: unknown,
  old: unknown,
  node: SchemaNode,
  path: string,
  rules: readonly CompiledRule[],
): void {
  const unchanged = old !== undefined && deepEqual(value, old);
  const self = toCel(value, node, path === '');
  const oldSelf = old === undefined || old === null ? undefined : toCel(old, node, path === '');
  for (const compiled of rules) {
    if (isSkipped(compiled, unchanged, oldSelf !== undefined)) continue;
    const variables = { self, oldSelf: compiled.rule.optionalOldSelf ? optional(oldSelf) : (oldSelf ?? null) };
    const outcome = compiled.program(variables);
    if ('error' in outcome) causes.push(ruleError(outcome.error, node, path, compiled.rule));
    else if (outcome.value !== true) causes.push(ruleCause(compiled, variables, node, path));
  }
}

/** Ratcheting: what did not change is judged only by rules about the change; those need an old value. */
function isSkipped({ rule, usesOld }: CompiledRule, unchanged: boolean, hasOld: boolean): boolean {
  if (!usesOld) return unchanged;
  return !hasOld && !rule.optionalOldSelf;
}

function optional(value: unknown): Optional {
  return value === undefined ? Optional.none() : Optional.of(value);
}

function typeOf({ schema }: SchemaNode): string {
  return schema.type ?? '';
}

function ruleError(error: string, node: SchemaNode, path: string, rule: ValidationRule): Cause {
  return invalid(path, typeOf(node), `${error} evaluating rule: ${rule.message ?? rule.rule}`);
}

function ruleCause(
  compiled: CompiledRule,
  variables: Readonly<Record<string, unknown>>,
  node: SchemaNode,
  path: string,
): Cause {
  const { rule } = compiled;
  const detail = messageOf(compiled, variables);
  const field = causeField(path + (rule.fieldPath ? fieldBelow(rule.fieldPath, path) : ''));
  const reason = rule.reason ?? 'FieldValueInvalid';
  const type = JSON.stringify(typeOf(node));
  const messages = {
    FieldValueInvalid: `Invalid value: ${type}: ${detail}`,
    FieldValueForbidden: `Forbidden: ${detail}`,
    FieldValueRequired: `Required value: ${detail}`,
    FieldValueDuplicate: `Duplicate value: ${type}`,
  };
  return { reason, message: messages[reason], field };
}

function fieldBelow(fieldPath: string, path: string): string {
  const plain = fieldPath.replace(/\['([^']*)'\]/g, (_, name: string) => `.${name}`);
  return path === '' ? plain.replace(/^\./, '') : plain;
}

function messageOf({ rule, message }: CompiledRule, variables: Readonly<Record<string, unknown>>): string {
  const outcome = message?.(variables);
  const text = outcome && 'value' in outcome && typeof outcome.value === 'string' ? outcome.value.trim() : '';
  if (text !== '' && !text.includes('\n')) return text;
  return rule.message?.trim() || `failed rule: ${rule.rule.trim()}`;
}
