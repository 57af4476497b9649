import { ACCEPTED, type Accepted } from '../../test/cluster/differential/accepted.ts';
import { ADMISSION_DEVIATIONS } from '../../test/contract/admission-deviations.ts';
import {
  DEVIATIONS as API_DEVIATIONS,
  type Deviation as ApiDeviation,
  GENERAL_DEVIATIONS,
} from '../../test/contract/api-deviations.ts';
import { readScenario } from '../../test/contract/api-golden.ts';
import { DEVIATIONS as RUN_DEVIATIONS } from '../../test/contract/deviations.ts';
import { INSTANCE_DEVIATIONS } from '../../test/contract/instance-deviations.ts';
import { SCHEDULE_DEVIATIONS } from '../../test/contract/schedule-deviations.ts';
import { code, table } from './markdown.ts';

const INTRODUCTION = `# What is done otherwise

The behaviour of Sympozium's Go operator was recorded: requests and answers of its REST API, and what it made of runs. Contract
tests play those records against this control plane and allow the differences below and no others; these tables are made from the
tests' own lists. Ids such as \`RUN-031\` number a behaviour of the original, those with a \`W\` a weakness that is done better here;
the titles of tests carry them, too.
`;

/** `docs/deviations.md`: the differences that tests allow, each with its reason. */
export function deviationsPage(): string {
  return [
    INTRODUCTION,
    '## Runs\n',
    'Objects, statuses and messages. `*` stands for a name. A Sandbox differs where a Job does, too.\n',
    table(
      ['Id', 'Where', 'Why'],
      RUN_DEVIATIONS.map(({ id, path, reason }) => [id, code(readable(path)), reason]),
    ),
    '## Standing kinds\n',
    'What they make, and their statuses. Disabling a pack also leaves its `authRefs` and all Secrets as they are (CTL-WP3).\n',
    table(
      ['Id', 'Where', 'Why'],
      INSTANCE_DEVIATIONS.map(({ id, path, reason }) => [id, code(readable(path)), reason]),
    ),
    '## Schedules\n',
    'The runs that they make, and their statuses. A schedule that is new waits for its first tick (CTL-WS6).\n',
    table(
      ['Id', 'Where', 'Why'],
      SCHEDULE_DEVIATIONS.map(({ id, path, reason }) => [id, code(readable(path)), reason]),
    ),
    '## Admission\n',
    'Verdicts over runs, by their place in the recording. Every refusal also names field, rule and policy, and says what to do.\n',
    table(
      ['Id', 'Exchange', 'Why'],
      ADMISSION_DEVIATIONS.map(({ id, scenario, exchange, reason }) => [id, code(`${scenario} ${exchange}`), reason]),
    ),
    '## The REST API\n',
    'In every answer:\n',
    table(['Id', 'Why'], distinct(GENERAL_DEVIATIONS.map(({ id, reason, ...what }) => [id, generally(reason, what)]))),
    'In one answer:\n',
    table(['Id', 'Request', 'Record', 'Why'], exchangeRows()),
    '## The embedded cluster\n',
    'The same requests go to the API server of `npm start` and to a real one, and the answers are compared. These may differ:\n',
    table(['Test case', 'What', 'Why'], ACCEPTED.map(acceptedRow)),
  ].join('\n');
}

/** A pattern's text as a path: without its anchors, and with a star for what stands for any name. */
function readable({ source }: RegExp): string {
  return source
    .replaceAll(String.raw`\/`, '/')
    .replaceAll(/\[\\w-\]\+|\\w\+|\\d\+?/g, '*')
    .replaceAll(String.raw`\.`, '.')
    .replaceAll(/[$^]/g, '')
    .replaceAll('/created/', '')
    .replaceAll('/object', '')
    .replace(/^\//, '');
}

function generally(reason: string, what: { object?: string; metadata?: string; annotation?: string }): string {
  const member = what.object ?? (what.metadata && `metadata.${what.metadata}`) ?? what.annotation;
  return member === undefined ? reason : `${code(member)}: ${reason}`;
}

const distinct = (rows: string[][]): string[][] => [...new Map(rows.map((row) => [row.join(), row])).values()];

/** Exchanges that differ in the same way, with the distinct requests that lead to it. */
function exchangeRows(): string[][] {
  const alike = Map.groupBy(Object.entries(API_DEVIATIONS), ([, { id, status, reason }]) =>
    [id, status, reason].join(),
  );
  return [...alike.values()].map((exchanges) => {
    const requests = new Set(exchanges.flatMap(([place]) => requestOf(place)));
    const places = exchanges.map(([place]) => place).join(', ');
    return [exchanges[0]?.[1].id ?? '', [...requests].map(code).join('<br>'), places, why(exchanges[0]?.[1])];
  });
}

function requestOf(place: string): string[] {
  const [scenario = '', index = ''] = place.split('#');
  const { request } = readScenario(scenario).exchanges[Number(index)] ?? {};
  return request === undefined ? [] : [`${request.method} ${request.path}`];
}

const why = (deviation: ApiDeviation | undefined): string =>
  [deviation?.status, deviation?.reason].filter((part) => part !== undefined).join(': ');

function acceptedRow({ case: name, step, path, reason }: Accepted): string[] {
  const where = name === '*' ? 'any' : name;
  return [step === undefined ? where : `${where}, step ${step}`, code(readable(path)), reason];
}
