import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEFINITIONS } from '../../crds/definitions.ts';
import { eventTypeOf } from '../../crds/events.ts';
import { KINDS, type Kind } from '../../crds/group.ts';
import { toStructural } from '../../crds/structural.ts';
import { createApiApp } from '../../functions/api/app.ts';
import { PatchInstanceSchema } from '../../functions/api/instance-patch.ts';
import { CreateInstanceSchema } from '../../functions/api/instance-request.ts';
import { CreateRunSchema } from '../../functions/api/run-request.ts';
import { aJob, anAgentRun, anInstance, aPack, aStarting } from '../../functions/reconcile-agentrun/fixtures.ts';
import { ROOT } from '../../infra/bundle/bundle.ts';
import { LOCAL_SECTIONS, PLATFORM_SECTIONS, POD_SECTIONS } from '../../infra/generate/env-variables.ts';
import { reasonsOf } from '../../infra/generate/reasons.ts';
import { Secret } from '../../shared/config/load.ts';
import { createKubeClient } from '../../shared/kube/client.ts';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const names = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, name = '']) => name);
const distinct = (values: readonly string[]): string[] => [...new Set(values)].sort();

const api = read('docs/api.md');
/** The text below each heading that names a route. */
const routeSections = new Map(
  api.split(/^(?=##)/m).flatMap((part) => names(part, /^### `([A-Z]+ \S+)`/g).map((route) => [route, part] as const)),
);

describe('the page of the REST API', () => {
  const kube = createKubeClient({ server: 'http://127.0.0.1:1' });
  const token = new Secret('docs');
  const app = createApiApp({ kube, bus: undefined, token, streamSeconds: 1, now: () => new Date() });

  it('names every route that is served, and no other', () => {
    const served = app.routes
      .filter(({ path }) => !path.endsWith('*'))
      .map(({ method, path }) => `${method === 'ALL' ? 'GET' : method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
    expect([...routeSections.keys()].sort()).toEqual(distinct(served));
  });

  it.each([...routeSections])('shows how to call %s', (route, text) => {
    const [method = '', path = ''] = route.split(' ');
    const [call = ''] = names(text, /^(curl [\s\S]*?)^```/gm);
    expect(call).toMatch(new RegExp(`\\$API${path.replaceAll(/\{\w+\}/g, '[\\w-]+')}["?\\s]`));
    const asked = /-X (\w+)/.exec(call)?.[1] ?? (call.includes(" -d '") || method === 'POST' ? 'POST' : 'GET');
    expect(asked).toBe(method);
  });

  it.each([
    ['POST /api/v1/runs', CreateRunSchema],
    ['POST /api/v1/instances', CreateInstanceSchema],
    ['PATCH /api/v1/instances/{name}', PatchInstanceSchema],
  ])('names every field that %s takes', (route, { shape }) => {
    const rows = names(routeSections.get(route) ?? '', /^\| (`.+?) \|/gm).join(' ');
    expect(distinct(names(rows, /`(\w+)`/g))).toEqual(distinct(Object.keys(shape)));
  });
});

describe('the page of environment variables', () => {
  const sources = globSync('{functions,shared,infra}/**/*.ts', { cwd: ROOT })
    .filter((path) => !/\.test\.ts$|fixtures\.ts$|^infra\/generate\//.test(path))
    .map((path) => read(path));
  const documented = names(read('docs/env.md'), /^\| `(\w+)`/gm);

  it('names every variable that a program reads', () => {
    const reads = sources.flatMap((text) => [
      ...names(text, /\benv\['([A-Z]\w*)'\]/g),
      ...names(text, /\bget\('([A-Z][A-Z0-9_]+)'/g),
      ...names(text, /`(CLUSTER_[A-Z_]+)/g),
      // One that is given to a container follows `name:`.
      ...names(text, /(?<!name: )'((?:[A-Z]+_)*API_KEY)'/g),
      ...names(text, /const \{([^{}]*)\} = (?:process\.)?env;/g).flatMap((list) =>
        names(list, /\b([A-Z][A-Z0-9_]+)\b(?=\s*[,:=]|\s*$)/g),
      ),
    ]);
    expect(reads.length).toBeGreaterThan(60);
    expect(distinct(reads).filter((name) => !documented.includes(name))).toEqual([]);
  });

  it('names no variable that nobody reads', () => {
    const known = new Set(sources.flatMap((text) => names(text, /\b([A-Z][A-Z0-9_]+)\b/g)));
    const written = [...PLATFORM_SECTIONS, ...LOCAL_SECTIONS, ...POD_SECTIONS].flatMap(({ variables }) => variables);
    expect(written.map(({ name }) => name).filter((name) => !known.has(name))).toEqual([]);
  });
});

describe('the page of metrics', () => {
  it('names every metric that functions send, and no other', () => {
    const sources = globSync('functions/**/signals.ts', { cwd: ROOT });
    // A text before a colon is the key of an attribute.
    const measured = sources.flatMap((path) => names(read(path), /'(sympozium\.[\w.]+)'(?!:)/g));
    expect(distinct(names(read('docs/metrics.md'), /^\| `(sympozium\.[\w.]+)`/gm))).toEqual(distinct(measured));
  });
});

describe('the page of kinds', () => {
  const page = read('docs/kinds.md');
  const sections = new Map(page.split(/^## /m).map((section) => [section.split('\n')[0] ?? '', section]));

  it.each(Object.keys(KINDS) as Kind[])('names every reason of %s, and which are told by Events', (kind) => {
    const rows = names(sections.get(kind) ?? '', /^\| (\w+ = \w+ \| `\w+` \| .+)$/gm).map((row) => row.split(' | '));
    const told = rows.map(([condition = '', reason = '', , event = '']) => {
      const [type = '', status = ''] = condition.split(' = ');
      return {
        type,
        status: status as 'True',
        reason: reason.replaceAll('`', ''),
        event: event.replace(/ *\|$/, '').trim(),
      };
    });
    for (const { event, ...after } of told) expect(event).toBe(eventTypeOf(kind, undefined, after) ?? '');
    const reasons = reasonsOf(kind).map(({ reason }) => reason);
    expect(told.map(({ reason }) => reason)).toEqual(expect.arrayContaining(reasons));
  });

  it.each(Object.keys(KINDS) as Kind[])('names every field of %s', (kind) => {
    const { spec, status } = DEFINITIONS[kind];
    const fields = [spec, status].flatMap((schema) => {
      const { properties = {} } = toStructural(schema, kind);
      return Object.keys(properties);
    });
    expect(fields.filter((field) => !sections.get(kind)?.includes(`| \`${field}\` |`))).toEqual([]);
  });
});

describe('the page on adding a kind', () => {
  const excerpts = names(read('docs/adding-a-kind.md'), /^```ts\n\/\/ ([\s\S]*?)^```/gm).map((block) => {
    const [path = '', ...lines] = block.split('\n');
    return [path, lines.join('\n').trimEnd()] as const;
  });

  it('shows code of every file that a kind is made of', () => {
    expect(new Set(excerpts.map(([path]) => path.split('/').at(-1)))).toEqual(
      new Set([
        'group.ts',
        'sympoziumpolicy.ts',
        'conditions.ts',
        'function.ts',
        'observe.ts',
        'plan.ts',
        'handler.ts',
      ]),
    );
  });

  it.each(excerpts)('shows %s as it is', (path, text) => {
    expect(read(path)).toContain(text);
  });
});

describe("the page of the runs' contract", () => {
  it('names every variable that the control plane sets in a pod', () => {
    const run = anAgentRun({ metadata: { annotations: { 'otel.dev/traceparent': '00-1-2-01' } } });
    const instance = anInstance({ memory: { enabled: true, maxSizeKB: 256 }, skills: [{ skillPackRef: 'ops' }] });
    const job = aJob(aStarting({ primary: run, instance, packs: { ops: aPack('ops') } }));
    const { containers } = job.spec.template.spec;
    expect(containers.map(({ name }) => name)).toEqual(['agent', 'ipc-bridge', 'skill-ops']);
    const set = containers.flatMap(({ env = [] }) => env.map(({ name }) => name));
    const documented = names(read('docs/run-contract.md'), /`([A-Z][A-Z0-9_]+)`/g);
    expect(distinct(set).filter((name) => !documented.includes(name))).toEqual([]);
  });
});

describe('a link', () => {
  const pages = ['README.md', ...globSync('docs/**/*.md', { cwd: ROOT })];
  const links = pages.flatMap((page) =>
    names(read(page).replaceAll(/^```[\s\S]*?^```/gm, ''), /\]\(([^)\s]+)\)/g)
      .filter((target) => !/^[a-z]+:/.test(target))
      .map((target) => [page, target] as const),
  );

  it.each(links)('in %s leads somewhere: %s', (page, target) => {
    const [path = '', heading] = target.split('#');
    const file = path === '' ? join(ROOT, page) : resolve(ROOT, dirname(page), path);
    expect(existsSync(file)).toBe(true);
    expect(heading === undefined || anchorsOf(readFileSync(file, 'utf8')).includes(heading)).toBe(true);
  });
});

/** As GitHub makes them. */
function anchorsOf(markdown: string): string[] {
  return names(markdown, /^#+ (.+)$/gm).map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .replaceAll(/\s/g, '-'),
  );
}
