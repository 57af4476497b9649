/** The CRDs as files. `node crds/generate.ts --write` writes them; `npm run generate` does so with everything else. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import type { KindDefinition } from './definition.ts';
import { DEFINITIONS } from './definitions.ts';
import { GROUP, VERSION } from './group.ts';
import { toStructural } from './structural.ts';
import type { Node } from './structural-node.ts';

const HEADER = '# Generated from the kinds in crds/. Do not edit: change the kind and run `npm run generate`.\n';

/** Files by their path from the root of the project, with their whole content. */
export function generatedFiles(): Map<string, string> {
  return new Map(
    Object.values(DEFINITIONS).map((definition) => [
      `crds/generated/${GROUP}_${definition.names.plural}.yaml`,
      HEADER + stringify(crdOf(definition), { lineWidth: 120, aliasDuplicateObjects: false }),
    ]),
  );
}

/** The CustomResourceDefinition of a kind, `apiextensions.k8s.io/v1`. */
export function crdOf(definition: KindDefinition) {
  const { kind, plural, singular, shortNames } = definition.names;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${GROUP}` },
    spec: {
      group: GROUP,
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular,
        shortNames: [...shortNames],
        categories: ['sympozium'],
      },
      scope: 'Namespaced',
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: rootSchema(definition) },
          subresources: { status: {} },
          additionalPrinterColumns: definition.printerColumns.map((column) => ({ ...column })),
          ...(definition.selectableFields && {
            selectableFields: definition.selectableFields.map((jsonPath) => ({ jsonPath })),
          }),
        },
      ],
    },
  };
}

/** The API server checks apiVersion, kind and metadata itself and takes no schema of ours for them. */
function rootSchema({ description, spec, status, names }: KindDefinition): Node {
  const specSchema = { ...toStructural(spec, `${names.kind}.spec`), description: 'spec is the desired state.' };
  const statusSchema = {
    ...toStructural(status, `${names.kind}.status`),
    description: 'status is the observed state.',
  };
  return {
    type: 'object',
    description,
    ...(!('default' in specSchema) && { required: ['spec'] }),
    properties: {
      apiVersion: { type: 'string', description: 'apiVersion is the group and version of the object.' },
      kind: { type: 'string', description: 'kind of the object.' },
      metadata: { type: 'object' },
      spec: specSchema,
      status: statusSchema,
    },
  };
}

if (import.meta.main && process.argv.includes('--write')) {
  const root = dirname(import.meta.dirname);
  for (const [path, content] of generatedFiles()) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
}
