import type { Subject } from '../status.ts';

export const NAMESPACES: Subject = { group: '', resource: 'namespaces', kind: 'Namespace' };
export const PODS: Subject = { group: '', resource: 'pods', kind: 'Pod' };
