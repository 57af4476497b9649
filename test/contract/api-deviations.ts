/**
 * Where our API answers otherwise than the recorded original, each with its reason and the weakness that it beats (or the id
 * of the behaviour). `GENERAL_DEVIATIONS` hold everywhere, `DEVIATIONS` for one exchange: its scenario and position, from 0.
 */
export interface Deviation {
  id: string;
  reason: string;
  /** What we answer instead. */
  status?: number;
  body?: unknown;
  /** Members of the recorded answer, by dotted path, that are otherwise here; undefined means absent. */
  members?: Record<string, unknown>;
  /** The body, or the objects afterwards, cannot be told from the record; another test shows them. */
  otherwise?: readonly ('body' | 'objectsAfter')[];
}

/** A part of objects that is otherwise everywhere, and so is taken out of both sides before they are compared. */
interface GeneralDeviation {
  id: string;
  reason: string;
  object?: string;
  metadata?: string;
  annotation?: string;
}

export const GENERAL_DEVIATIONS: readonly GeneralDeviation[] = [
  { id: 'API-W43', reason: 'A 201 answer says that it is JSON, in its header.' },
  { id: 'API-013', reason: 'A created object says its kind, as every other answer does.', object: 'kind' },
  { id: 'API-013', reason: 'The same.', object: 'apiVersion' },
  { id: 'API-W23', reason: 'They are half the size of a list and of no use to a client.', metadata: 'managedFields' },
  {
    id: 'RUN-W31',
    reason: 'A run is created with its finalizer: a write less for its reconciler.',
    metadata: 'finalizers',
  },
  { id: 'API-W34', reason: 'An instance owns the Secret and the schedule made for it.', metadata: 'ownerReferences' },
  { id: 'API-W38', reason: 'An instance without a key notes its provider.', annotation: 'sympozium.ai/provider' },
];

const NOT_FOUND = '404 page not found\n';

const QUERY_TOKEN: Deviation = {
  id: 'API-W01',
  reason: '`?token=` counts for event streams alone, where a browser cannot send a header.',
  status: 401,
  body: 'Unauthorized\n',
};
const NO_PAGE: Deviation = {
  id: 'API-W44',
  reason: 'The API serves no pages: what it does not know is not found.',
  status: 404,
  body: NOT_FOUND,
};
const WRONG_METHOD: Deviation = {
  id: 'API-W44',
  reason: 'A known path under a wrong method is told so.',
  status: 405,
  body: 'Method Not Allowed\n',
};
const refusedAs = (status: number, reason: string): Deviation => ({ id: 'API-W27', reason, status });
const laterAs = (status: number, reason: string): Deviation => ({
  id: 'API-148',
  reason,
  status,
  body: NOT_FOUND,
  otherwise: ['objectsAfter'],
});
const NO_SANDBOX_INSTALL = laterAs(404, 'Installing the agent-sandbox definitions is not served yet.');

const NAMED_RUN = { 'metadata.generateName': undefined, 'spec.timeout': '1m' };

export const DEVIATIONS: Readonly<Record<string, Deviation>> = {
  '01-auth#3': QUERY_TOKEN,
  '01-auth#8': QUERY_TOKEN,
  '01-auth#9': QUERY_TOKEN,
  '01-auth#16': { id: 'API-W07', reason: 'This process has no open metrics.', status: 404, body: NOT_FOUND },
  '01-auth#18': NO_PAGE,
  '01-auth#19': { id: 'API-W44', reason: '`/api` is below `/api`.', status: 401, body: 'Unauthorized\n' },

  '03-envelope#6': WRONG_METHOD,
  '03-envelope#14': NO_PAGE,
  '03-envelope#15': WRONG_METHOD,
  '03-envelope#16': WRONG_METHOD,
  '03-envelope#17': NO_PAGE,
  '03-envelope#18': NO_PAGE,
  '03-envelope#20': NO_PAGE,
  '03-envelope#21': NO_PAGE,
  '03-envelope#22': { id: 'API-012', reason: 'A redirection needs no page.', body: '' },
  '03-envelope#23': {
    id: 'API-W44',
    reason: 'Dots in a path are resolved where the request is parsed, before anything could redirect.',
    status: 200,
    otherwise: ['body'],
  },

  '04-headless#4': laterAs(404, 'Schedules are not served yet.'),
  '04-headless#5': laterAs(404, 'The gateway is not served yet.'),
  '04-headless#8': laterAs(404, 'Persona packs are not served yet.'),
  '04-headless#9': laterAs(404, 'Tokens of skills are not served yet.'),

  '05-instances-create#3': refusedAs(409, 'A duplicate is a conflict.'),
  '05-instances-create#17': refusedAs(422, 'A name that is no DNS label is refused before anything is created.'),
  '05-instances-create#19': {
    id: 'RUN-W06',
    reason: 'A time-out that no run could parse is refused.',
    status: 422,
    body: '`runTimeout` must be a Go duration above zero, such as 90s, 10m or 1h30m\n',
  },
  '05-instances-create#21': {
    id: 'API-W29',
    reason: 'The Secret that was just created is not looked for in a stale cache.',
    status: 201,
    otherwise: ['body'],
  },
  '05-instances-create#22': refusedAs(404, 'A namespace that does not exist is not found.'),
  '05-instances-create#27': refusedAs(404, 'Deleting what is not there is not found.'),

  '06-instances-patch#14': {
    id: 'API-W39',
    reason: 'The rule that only the gate needed goes with the gate.',
    members: { 'spec.agents.default.lifecycle.rbac': undefined },
  },
  '06-instances-patch#18': refusedAs(422, 'What the schema forbids is invalid.'),

  '07-runs#5': {
    id: 'API-W35',
    reason: 'The time-out reaches the run. A name that is a DNS label becomes the name of the run.',
    members: NAMED_RUN,
  },
  '07-runs#13': {
    id: 'API-W35',
    reason: 'The list holds the run of #5.',
    members: { '2.metadata.generateName': undefined, '2.spec.timeout': '1m' },
  },
  '07-runs#14': {
    id: 'API-W25',
    reason: 'The record holds three of the fifteen runs; #13 shows them all.',
    otherwise: ['body'],
  },
  '07-runs#19': {
    id: 'RUN-W31',
    reason: 'The finalizer that runs are created with keeps a deleted one until its reconciler lets it go.',
    otherwise: ['objectsAfter'],
  },
  '07-runs#20': { id: 'RUN-W31', reason: 'As #19: nobody reconciles here.', status: 200, otherwise: ['body'] },
  '07-runs#21': refusedAs(404, 'Deleting what is not there is not found.'),

  '16-cluster#0': {
    id: 'API-018',
    reason: 'The schema writes out that host mounts are not allowed.',
    members: { '1.spec.sandboxPolicy.allowHostMounts': false },
  },
  '16-cluster#11': {
    id: 'API-W42',
    reason: 'A pod of several containers has a log: that of its agent unless another is asked for.',
    status: 200,
    otherwise: ['body'],
  },
  '16-cluster#13': refusedAs(404, 'The log of a pod that is not there is not found.'),
  '16-cluster#16': NO_SANDBOX_INSTALL,
  '16-cluster#17': NO_SANDBOX_INSTALL,
  '16-cluster#18': NO_SANDBOX_INSTALL,
  '16-cluster#19': NO_SANDBOX_INSTALL,
  '16-cluster#20': NO_SANDBOX_INSTALL,
  '16-cluster#21': { id: 'API-148', reason: 'As #20: nothing was installed.', otherwise: ['body'] },
  '16-cluster#22': NO_SANDBOX_INSTALL,
  '16-cluster#23': NO_SANDBOX_INSTALL,

  '21-admission#1': {
    ...refusedAs(403, 'What a policy refuses is forbidden, and the refusal says what to do.'),
    body: 'admission webhook "vagentpod.sympozium.ai" denied the request: sandbox is required by policy (spec.sandbox.enabled; sandboxPolicy.required of SympoziumPolicy "sbx"): set spec.sandbox.enabled to true\n',
  },
  '21-admission#2': refusedAs(502, 'What the cluster lacks is no fault of this server.'),
  '21-admission#4': {
    id: 'RUN-W31',
    reason:
      'A run is created with its finalizer: it goes when its reconciler has cleared it away, and nobody reconciles here.',
    otherwise: ['objectsAfter'],
  },
};
