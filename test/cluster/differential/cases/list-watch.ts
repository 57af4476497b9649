import { type DifferentialCase, MERGE_PATCH, NS } from '../case.ts';
import { configMap, pod } from './fixtures.ts';

const MAPS = `${NS}/configmaps`;
const mine = (name: string, labels: Record<string, string> = {}) =>
  configMap(name, { a: name }, { labels: { mine: 'yes', ...labels } });
const three: DifferentialCase['steps'] = [
  { call: `POST ${MAPS}`, body: mine('a', { tier: 'one' }), silent: true },
  { call: `POST ${MAPS}`, body: mine('c', { tier: 'two' }), silent: true },
  { call: `POST ${MAPS}`, body: mine('b'), silent: true, save: { last: 'metadata.resourceVersion' } },
];
const list = (query: string) => ({ call: `GET ${MAPS}?${query}` });

/** Lists, selectors, pages and watches. */
export const LIST_CASES: DifferentialCase[] = [
  {
    name: 'label selectors',
    steps: [
      ...three,
      ...[
        'mine=yes',
        'mine==yes,tier=one',
        'mine,tier!=one',
        'mine,tier',
        'mine,!tier',
        'tier in (one,two)',
        'mine,tier notin (one)',
        'mine=no',
        'tier in (',
        '=a',
        'a=b=c',
        'mine=yes,',
      ].map((selector) => list(`labelSelector=${encodeURIComponent(selector)}`)),
    ],
  },
  {
    name: 'field selectors',
    steps: [
      ...three,
      list('fieldSelector=metadata.name=a'),
      list('labelSelector=mine&fieldSelector=metadata.name!=a'),
      list('labelSelector=mine&fieldSelector=metadata.namespace={ns}'),
      list('fieldSelector=data.a=1'),
      list('fieldSelector=nonsense'),
      { call: `POST ${NS}/pods`, body: pod('p', { nodeName: 'absent-node' }), silent: true },
      { call: `GET ${NS}/pods?fieldSelector=spec.nodeName=nowhere` },
      { call: `GET ${NS}/pods?fieldSelector=status.phase=Failed` },
      { call: `GET ${NS}/pods?fieldSelector=spec.image=a` },
      { call: `GET ${NS}/events?fieldSelector=involvedObject.name=none,type=Normal` },
      { call: `GET ${NS}/secrets?fieldSelector=type=Opaque` },
    ],
  },
  {
    name: 'pages',
    steps: [
      ...three,
      { ...list('labelSelector=mine&limit=2'), save: { token: 'metadata.continue' } },
      { call: `DELETE ${MAPS}/b`, silent: true },
      list('labelSelector=mine&limit=2&continue={token}'),
      list('labelSelector=mine&limit=5'),
      list('limit=1&continue=nonsense'),
      list('labelSelector=mine&resourceVersion=0'),
      list('labelSelector=mine&resourceVersion={last}&resourceVersionMatch=Exact'),
      list('labelSelector=mine&resourceVersion={last}&resourceVersionMatch=NotOlderThan'),
      list('resourceVersionMatch=Exact'),
      list('resourceVersion=0&resourceVersionMatch=Exact'),
      list('resourceVersion=1&resourceVersionMatch=Maybe'),
      list('resourceVersion=abc'),
    ],
  },
  {
    name: 'a watch tells what happened since a version',
    steps: [
      { call: `POST ${MAPS}`, body: mine('a'), silent: true, save: { rv: 'metadata.resourceVersion' } },
      { call: `POST ${MAPS}`, body: mine('b', { tier: 'one' }), silent: true },
      { call: `PATCH ${MAPS}/b`, type: MERGE_PATCH, body: { data: { a: 'new' } }, silent: true },
      { call: `PATCH ${MAPS}/b`, type: MERGE_PATCH, body: { metadata: { labels: { tier: null } } }, silent: true },
      { call: `DELETE ${MAPS}/a`, silent: true },
      { call: `GET ${MAPS}?watch=true&resourceVersion={rv}&timeoutSeconds=1&labelSelector=mine` },
      { call: `GET ${MAPS}?watch=true&resourceVersion={rv}&timeoutSeconds=1&labelSelector=tier=one` },
      { call: `GET ${MAPS}?watch=true&resourceVersion={rv}&timeoutSeconds=1&fieldSelector=metadata.name=a` },
      { call: `GET ${MAPS}?watch=1&timeoutSeconds=1&labelSelector=mine` },
      { call: `GET ${MAPS}?watch=true&resourceVersion=0&timeoutSeconds=1&labelSelector=mine` },
      {
        call: `GET ${MAPS}?watch=true&timeoutSeconds=1&labelSelector=mine`,
        headers: { accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io' },
      },
    ],
  },
  {
    name: 'a watch that begins with what exists',
    steps: [
      ...three,
      {
        call: `GET ${MAPS}?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=1&labelSelector=mine`,
      },
      { call: `GET ${MAPS}?watch=true&sendInitialEvents=true&allowWatchBookmarks=true&timeoutSeconds=1` },
      { call: `GET ${MAPS}?watch=true&sendInitialEvents=true&resourceVersionMatch=Exact&timeoutSeconds=1` },
      { call: `GET ${MAPS}?watch=true&resourceVersionMatch=NotOlderThan&timeoutSeconds=1` },
      { call: `GET ${MAPS}?watch=true&resourceVersion=abc&timeoutSeconds=1` },
    ],
  },
  {
    name: 'a watch of one object, and lists over all namespaces',
    steps: [
      ...three,
      { call: `GET /api/v1/watch/namespaces/{ns}/configmaps?timeoutSeconds=1&labelSelector=mine`, silent: true },
      { call: 'GET /api/v1/configmaps?fieldSelector=metadata.namespace={ns}&labelSelector=mine' },
      { call: `GET ${NS}/serviceaccounts` },
    ],
  },
];
