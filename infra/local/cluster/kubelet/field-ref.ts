import type { Container, Pod, ResourceFieldRef } from '../client/core-types.ts';
import { parseQuantity } from './quantity.ts';

/** What a pod's fields say that only the node knows. */
export interface NodeFacts {
  nodeName: string;
  address: string;
  cpus: number;
  memoryBytes: number;
}

/** The value of a downward API field path. Throws for a path that the API does not offer. */
export function fieldValue(pod: Pod, path: string, node: NodeFacts): string {
  const { metadata, spec } = pod;
  const keyed = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (keyed !== null) return (keyed[1] === 'labels' ? metadata.labels : metadata.annotations)?.[keyed[2] ?? ''] ?? '';
  switch (path) {
    case 'metadata.name':
      return metadata.name;
    case 'metadata.namespace':
      return metadata.namespace ?? '';
    case 'metadata.uid':
      return metadata.uid ?? '';
    case 'metadata.labels':
      return formatMap(metadata.labels);
    case 'metadata.annotations':
      return formatMap(metadata.annotations);
    case 'spec.nodeName':
      return node.nodeName;
    case 'spec.serviceAccountName':
      return spec.serviceAccountName ?? 'default';
    case 'status.podIP':
    case 'status.podIPs':
    case 'status.hostIP':
    case 'status.hostIPs':
      return node.address;
    default:
      throw new Error(`fieldPath "${path}" is not supported`);
  }
}

/** One `key="value"` a line, sorted, as the downward API writes labels and annotations. */
function formatMap(map: Record<string, string> = {}): string {
  return Object.keys(map)
    .sort()
    .map((key) => `${key}=${JSON.stringify(map[key])}`)
    .join('\n');
}

/** A container's request or limit divided by the divisor, rounded up; without a limit it is what the node has. */
export function resourceValue(container: Container, ref: ResourceFieldRef, node: NodeFacts): string {
  const [kind, name = ''] = ref.resource.split('.');
  const { requests, limits } = container.resources ?? {};
  const given = parseQuantity((kind === 'limits' ? limits : requests)?.[name]);
  const whole = name === 'cpu' ? node.cpus : node.memoryBytes;
  const value = given ?? (kind === 'limits' ? whole : 0);
  const divisor = parseQuantity(ref.divisor) ?? 1;
  return String(Math.ceil(value / (divisor === 0 ? 1 : divisor)));
}
