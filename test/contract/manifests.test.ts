import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { API_VERSION, KINDS, type Kind } from '../../crds/group.ts';
import { manifest } from '../../functions/admit/function.ts';
import { ROOT } from '../../infra/bundle/bundle.ts';
import { platformObjects } from '../../infra/local/content/apply.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { type ContractCluster, createNamespace, startContractCluster } from './api-cluster.ts';
import { GOOD } from './bad-input.ts';

const NAMESPACE = `manifests-${process.pid}`;
let cluster: ContractCluster;

beforeAll(async () => {
  cluster = await startContractCluster(manifest);
  await createNamespace(cluster.kube, NAMESPACE);
});

afterAll(() => cluster.close());

type Shown = Partial<KubeObject> & { spec?: object };

/** Every block of YAML on a page, in order. */
const blocksOf = (page: string): Shown[] =>
  [...readFileSync(join(ROOT, page), 'utf8').matchAll(/^```yaml\n([\s\S]*?)^```/gm)].flatMap(([, text = '']) =>
    parseAllDocuments(text).map((document) => document.toJS() as Shown),
  );

/** Kind of the pages' blocks that show a part of an object; `none` for a file that is no object. */
const PARTS: Readonly<Record<string, Kind | 'none'>> = { 'docs/memory.md': 'PersonaPack', 'docs/mcp.md': 'none' };

const pages = ['README.md', ...globSync('docs/**/*.md', { cwd: ROOT })];
const shown = pages.flatMap((page) =>
  blocksOf(page).flatMap((block) => {
    if (block.apiVersion === API_VERSION) return [{ from: page, object: block as KubeObject }];
    const kind = PARTS[page];
    if (kind === undefined) throw new Error(`${page} shows YAML that is no object of ours`);
    if (kind === 'none') return [];
    const metadata = { name: 'part' };
    return [
      { from: page, object: { apiVersion: API_VERSION, kind, metadata, spec: { ...GOOD[kind], ...block.spec } } },
    ];
  }),
);
const samples = globSync('crds/samples/*.yaml', { cwd: ROOT }).map((from) => ({
  from,
  object: parseAllDocuments(readFileSync(join(ROOT, from), 'utf8'))[0]?.toJS() as KubeObject,
}));
const { content } = await platformObjects();
const builtIn = content
  .filter(({ apiVersion }) => apiVersion === API_VERSION)
  .map((object) => ({ from: `${object.kind} ${object.metadata.name}`, object: object as KubeObject }));

describe('an API server with our kinds', () => {
  it.each([...shown, ...samples, ...builtIn])('takes the whole of what $from shows [RUN-W63]', async ({ object }) => {
    const { name } = object.metadata;
    const own = {
      ...object,
      metadata: { ...object.metadata, name: `${name}-${Math.random().toString(36).slice(2, 8)}` },
    };
    const placed = { ...own, metadata: { ...own.metadata, namespace: NAMESPACE } };
    const options = { fieldManager: 'contract-test' };
    const stored = await cluster.kube.create(KINDS[object.kind as Kind], placed, options);
    // What no schema knows would be gone.
    expect(stored).toMatchObject({ spec: (object as KubeObject & { spec: object }).spec });
  });
});
