import { KINDS } from '../../crds/group.ts';
import type { Router } from '../../shared/reconcile/function.ts';
import { observeRequest } from './observe.ts';
import type { Observed } from './observed.ts';
import { routeRefusedSpawn, routeSpawn } from './route.ts';

export const spawnRouter: Router<Observed, object> = {
  resource: KINDS.AgentRun,
  fieldManager: 'spawn-router',
  observe: observeRequest,
  plan: routeSpawn,
  planRefused: routeRefusedSpawn,
};
