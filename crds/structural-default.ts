import { type Node, refuse } from './structural-node.ts';

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const HAS_TYPE: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  integer: Number.isInteger,
  array: Array.isArray,
  object: isObject,
};

/** A default must itself satisfy the schema, or the API server refuses the CRD. */
export function checkDefault(value: unknown, node: Node, at: string): void {
  if (!(HAS_TYPE[String(node.type)]?.(value) ?? true)) refuse(at, `default must be of type ${node.type}`);
  const choices: unknown = node['enum'];
  if (Array.isArray(choices) && !choices.includes(value)) refuse(at, 'default must be one of the enum');
  if (typeof value === 'string') checkText(value, node, at);
  if (typeof value === 'number') checkRange(value, node, at);
  if (Array.isArray(value)) for (const item of value) checkDefault(item, node.items ?? {}, `${at}[]`);
  if (isObject(value) && node.properties !== undefined) checkFields(value, node, at);
}

function checkText(value: string, node: Node, at: string): void {
  const { maxLength, minLength, pattern } = node;
  const fits = value.length <= Number(maxLength ?? value.length) && value.length >= Number(minLength ?? 0);
  if (!fits || (typeof pattern === 'string' && !new RegExp(pattern).test(value))) {
    refuse(at, 'default must fit length and pattern');
  }
}

function checkRange(value: number, node: Node, at: string): void {
  const { minimum, maximum } = node;
  if (value < Number(minimum ?? value) || value > Number(maximum ?? value))
    refuse(at, 'default must be within the range');
}

function checkFields(value: Record<string, unknown>, node: Node, at: string): void {
  for (const [name, member] of Object.entries(value)) {
    const field = node.properties?.[name];
    if (field === undefined) refuse(at, `default has the unknown field '${name}'`);
    checkDefault(member, field, `${at}.${name}`);
  }
  const missing = node.required?.find((name) => !(name in value));
  if (missing !== undefined) refuse(at, `default must have '${missing}'`);
}
