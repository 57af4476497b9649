import type { DifferentialCase } from '../case.ts';

/** What clients ask before they ask for anything else. */
export const DISCOVERY_CASES: DifferentialCase[] = [
  {
    name: 'health and groups',
    steps: [
      { call: 'GET /healthz' },
      { call: 'GET /livez' },
      { call: 'GET /readyz' },
      { call: 'GET /apis/batch' },
      { call: 'GET /apis/batch/v1' },
      { call: 'GET /apis/apps/v1', silent: true },
      { call: 'GET /apis/coordination.k8s.io/v1', silent: true },
      { call: 'GET /apis/rbac.authorization.k8s.io/v1' },
      { call: 'GET /apis/nonsense.example' },
      { call: 'GET /apis/nonsense.example/v1' },
      { call: 'GET /nonsense' },
    ],
  },
];
