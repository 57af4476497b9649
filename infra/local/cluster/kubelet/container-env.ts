import type { Container, EnvFromSource, EnvVar, Pod } from '../client/core-types.ts';
import { expand } from './expand.ts';
import { fieldValue, type NodeFacts, resourceValue } from './field-ref.ts';

/** Reads a ConfigMap's or Secret's decoded data in the pod's namespace; undefined when there is no such object. */
export type ReadData = (kind: 'configmap' | 'secret', name: string) => Promise<Map<string, Buffer> | undefined>;

/** A container that cannot be started as configured; the message is what `kubectl describe` shows. */
export class ContainerConfigError extends Error {
  override readonly name = 'ContainerConfigError';
}

const KIND_NAMES = { configmap: 'ConfigMap', secret: 'Secret' } as const;

/**
 * The environment that a container asks for: `envFrom` first, then `env` in order, later entries win, and each value may
 * refer to what stands before it. `base` is what every container gets; it can be overridden but is no source for `$(…)`.
 */
export async function containerEnv(
  pod: Pod,
  container: Container,
  { read, node, base }: { read: ReadData; node: NodeFacts; base: ReadonlyMap<string, string> },
): Promise<Map<string, string>> {
  const own = new Map<string, string>();
  for (const source of container.envFrom ?? []) await addAll(own, source, read);
  for (const variable of container.env ?? []) {
    const value = await variableValue(pod, container, variable, { read, node, known: new Map([...base, ...own]) });
    if (value !== undefined) own.set(variable.name, value);
  }
  return new Map([...base, ...own]);
}

async function addAll(env: Map<string, string>, source: EnvFromSource, read: ReadData): Promise<void> {
  const kind = source.configMapRef === undefined ? 'secret' : 'configmap';
  const ref = source.configMapRef ?? source.secretRef;
  if (ref === undefined) return;
  const data = await read(kind, ref.name);
  if (data === undefined && ref.optional !== true) throw new ContainerConfigError(`${kind} "${ref.name}" not found`);
  for (const [key, value] of data ?? []) env.set(`${source.prefix ?? ''}${key}`, value.toString('utf8'));
}

interface Sources {
  read: ReadData;
  node: NodeFacts;
  known: ReadonlyMap<string, string>;
}

async function variableValue(
  pod: Pod,
  container: Container,
  variable: EnvVar,
  { read, node, known }: Sources,
): Promise<string | undefined> {
  const { valueFrom } = variable;
  if (valueFrom === undefined) return expand(variable.value ?? '', known);
  if (valueFrom.configMapKeyRef !== undefined) return keyOf(pod, 'configmap', valueFrom.configMapKeyRef, read);
  if (valueFrom.secretKeyRef !== undefined) return keyOf(pod, 'secret', valueFrom.secretKeyRef, read);
  if (valueFrom.fieldRef !== undefined) return fieldValue(pod, valueFrom.fieldRef.fieldPath, node);
  const ref = valueFrom.resourceFieldRef;
  if (ref === undefined) return '';
  const all = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
  return resourceValue(all.find((other) => other.name === ref.containerName) ?? container, ref, node);
}

async function keyOf(
  pod: Pod,
  kind: 'configmap' | 'secret',
  ref: { name: string; key: string; optional?: boolean },
  read: ReadData,
): Promise<string | undefined> {
  const data = await read(kind, ref.name);
  const value = data?.get(ref.key);
  if (value !== undefined) return value.toString('utf8');
  if (ref.optional === true) return undefined;
  if (data === undefined) throw new ContainerConfigError(`${kind} "${ref.name}" not found`);
  throw new ContainerConfigError(
    `couldn't find key ${ref.key} in ${KIND_NAMES[kind]} ${pod.metadata.namespace}/${ref.name}`,
  );
}
