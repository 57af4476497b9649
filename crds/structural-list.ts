import { type Node, refuse } from './structural-node.ts';

const SCALARS = ['string', 'integer', 'boolean'];
const isScalar = (node: Node | undefined): boolean => SCALARS.includes(String(node?.type));

/** Merge types of lists and maps: `structural.ts` calls this for each schema. */
export function checkListType(node: Node, at: string): void {
  const listType = node['x-kubernetes-list-type'];
  const mapType = node['x-kubernetes-map-type'];
  if (mapType !== undefined && (node.type !== 'object' || !['granular', 'atomic'].includes(String(mapType)))) {
    refuse(at, 'x-kubernetes-map-type must be granular or atomic, on an object');
  }
  if (listType !== 'map' && 'x-kubernetes-list-map-keys' in node) {
    refuse(at, 'x-kubernetes-list-map-keys needs x-kubernetes-list-type map');
  }
  if (listType === undefined) return;
  if (node.type !== 'array' || !['map', 'set', 'atomic'].includes(String(listType))) {
    refuse(at, 'x-kubernetes-list-type must be map, set or atomic, on a list');
  }
  if (listType === 'set' && !isScalar(node.items)) refuse(at, 'items of a set must be scalars');
  if (listType === 'map') checkKeys(node, at);
}

function checkKeys(node: Node, at: string): void {
  const keys: unknown = node['x-kubernetes-list-map-keys'];
  if (!Array.isArray(keys) || keys.length === 0) refuse(at, 'a list of type map must have x-kubernetes-list-map-keys');
  for (const key of keys.map(String)) {
    const field = node.items?.properties?.[key];
    if (!isScalar(field)) refuse(at, `key '${key}' must be a scalar field of the items`);
    if (!node.items?.required?.includes(key) && !(field !== undefined && 'default' in field)) {
      refuse(at, `key '${key}' must be required or have a default`);
    }
  }
}
