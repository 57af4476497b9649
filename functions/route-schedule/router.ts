import { KINDS } from '../../crds/group.ts';
import type { Router } from '../../shared/reconcile/function.ts';
import type { ScheduleRouteConfig } from './config.ts';
import { observeRequest } from './observe.ts';
import type { Observed } from './observed.ts';
import { routeRefusedSchedule, routeSchedule } from './route.ts';

export const scheduleRouter: Router<Observed, ScheduleRouteConfig> = {
  resource: KINDS.SympoziumInstance,
  fieldManager: 'schedule-router',
  observe: observeRequest,
  plan: routeSchedule,
  planRefused: routeRefusedSchedule,
};
