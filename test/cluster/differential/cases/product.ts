import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import type { DifferentialCase, Step } from '../case.ts';

const GENERATED = new URL('../../../../crds/generated/', import.meta.url);
const SAMPLES = new URL('../../../../crds/samples/', import.meta.url);
const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
  spec: { group: string; names: { kind: string; plural: string }; scope: string };
}

/** In a group of their own: these cases delete the CRDs, which others on the same API server work with. */
const inOwnGroup = (yaml: string): string => yaml.replaceAll('sympozium.ai', 'differential.sympozium.ai');

function manifests(folder: URL): Manifest[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
  return files.flatMap((name) =>
    parseAllDocuments(inOwnGroup(readFileSync(new URL(name, folder), 'utf8'))).map((document) => document.toJS()),
  );
}

function samplesOf({ spec }: Manifest, samples: readonly Manifest[]): Step[] {
  return samples
    .filter(({ apiVersion, kind }) => kind === spec.names.kind && apiVersion.startsWith(`${spec.group}/`))
    .flatMap((sample) => {
      const { namespace: _any, ...metadata } = sample.metadata;
      const scope = spec.scope === 'Namespaced' ? 'namespaces/{ns}/' : '';
      const path = `/apis/${sample.apiVersion}/${scope}${spec.names.plural}`;
      const body = { ...sample, metadata };
      return [
        { call: `POST ${path}?dryRun=All`, body, until: 201 },
        {
          call: `PATCH ${path}/${metadata.name}?fieldManager=one&dryRun=All`,
          type: 'application/apply-patch+yaml',
          body,
        },
        { call: `POST ${path}?dryRun=All`, body: { ...body, spec: {} } },
        { call: `POST ${path}?dryRun=All`, body: { ...body, spec: undefined } },
        {
          call: `POST ${path}?dryRun=All&fieldValidation=Strict`,
          body: { ...body, spec: { ...body.spec, nonsense: { a: 1 } } },
        },
      ];
    });
}

/** Our own CRDs as they are generated, and each sample of them: created, applied, emptied and with a field too many. */
export function productCases(): DifferentialCase[] {
  const samples = manifests(SAMPLES);
  return manifests(GENERATED)
    .filter(({ kind }) => kind === 'CustomResourceDefinition')
    .map((crd) => ({
      name: `the CRD ${crd.metadata.name}`,
      steps: [
        { call: `DELETE ${CRDS}/${crd.metadata.name}`, silent: true },
        { call: `GET ${CRDS}/${crd.metadata.name}`, until: 404, silent: true },
        { call: `POST ${CRDS}`, body: crd },
        ...samplesOf(crd, samples),
        { call: `DELETE ${CRDS}/${crd.metadata.name}`, silent: true },
      ],
    }));
}
