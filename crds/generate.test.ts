import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { DEFINITIONS } from './definitions.ts';
import { crdOf, generatedFiles } from './generate.ts';
import { KINDS, type Kind } from './group.ts';

const ROOT = new URL('../', import.meta.url);
const columnsOf = (kind: Kind): string[] =>
  crdOf(DEFINITIONS[kind]).spec.versions.flatMap((version) =>
    version.additionalPrinterColumns
      .filter(({ priority = 0 }) => priority === 0)
      .map(({ name, type, jsonPath }) => `${name} ${type} ${jsonPath}`),
  );

describe('generatedFiles', () => {
  it.each([...generatedFiles()])('%s is as committed when generated again', (path, content) => {
    expect(readFileSync(new URL(path, ROOT), 'utf8')).toBe(content);
  });

  it('has every committed file when a kind was renamed or removed', () => {
    const committed = readdirSync(new URL('generated', import.meta.url)).map((name) => `crds/generated/${name}`);
    expect(committed.sort()).toEqual([...generatedFiles().keys()].sort());
  });

  it('gives YAML that reads back as the same CRD when parsed', () => {
    const read = [...generatedFiles().values()].map((content) => parse(content));
    expect(read).toEqual(Object.values(DEFINITIONS).map(crdOf));
  });
});

describe('definitions', () => {
  it('have the names of their kind, when looked up by it', () => {
    for (const [kind, names] of Object.entries(KINDS)) expect(DEFINITIONS[kind as Kind].names).toBe(names);
  });

  it.each<{ kind: Kind; columns: string[] }>([
    {
      kind: 'AgentRun',
      columns: [
        'Instance string .spec.instanceRef',
        'Phase string .status.phase',
        'Pod string .status.podName',
        'Age date .metadata.creationTimestamp',
      ],
    },
    {
      kind: 'SympoziumInstance',
      columns: [
        'Phase string .status.phase',
        'Active Agents integer .status.activeAgentPods',
        'Total Runs integer .status.totalAgentRuns',
        'Age date .metadata.creationTimestamp',
      ],
    },
    {
      kind: 'SkillPack',
      columns: [
        'Skills integer .status.skillCount',
        'ConfigMap string .status.configMapName',
        'Age date .metadata.creationTimestamp',
      ],
    },
    {
      kind: 'SympoziumPolicy',
      columns: ['Bound integer .status.boundInstances', 'Age date .metadata.creationTimestamp'],
    },
    {
      kind: 'PersonaPack',
      columns: [
        'Enabled boolean .spec.enabled',
        'Personas integer .status.personaCount',
        'Installed integer .status.installedCount',
        'Workflow string .spec.workflowType',
        'Phase string .status.phase',
        'Age date .metadata.creationTimestamp',
      ],
    },
    {
      kind: 'SympoziumSchedule',
      columns: [
        'Instance string .spec.instanceRef',
        'Schedule string .spec.schedule',
        'Type string .spec.type',
        'Phase string .status.phase',
        'Last Run date .status.lastRunTime',
        'Age date .metadata.creationTimestamp',
      ],
    },
    {
      kind: 'MCPServer',
      columns: [
        'Transport string .spec.transportType',
        'Ready boolean .status.ready',
        'URL string .status.url',
        'Tools integer .status.toolCount',
        'Age date .metadata.creationTimestamp',
      ],
    },
    {
      kind: 'SympoziumConfig',
      columns: [
        'Gateway boolean .spec.gateway.enabled',
        'Domain string .spec.gateway.baseDomain',
        'Phase string .status.phase',
        'Age date .metadata.creationTimestamp',
      ],
    },
  ])('show the columns of the original when kubectl gets $kind', ({ kind, columns }) => {
    expect(columnsOf(kind)).toEqual(columns);
  });

  it.each(Object.values(KINDS))('say why in the wide columns when kubectl gets $kind', ({ kind }) => {
    const condition = kind === 'AgentRun' ? 'Succeeded' : 'Ready';
    const [version] = crdOf(DEFINITIONS[kind]).spec.versions;
    expect(version?.additionalPrinterColumns.filter(({ priority }) => priority === 1)).toMatchObject([
      { name: 'Reason', jsonPath: `.status.conditions[?(@.type=="${condition}")].reason` },
      { name: 'Message', jsonPath: `.status.conditions[?(@.type=="${condition}")].message` },
    ]);
  });

  it('let runs be selected by phase and instance when listed', () => {
    expect(crdOf(DEFINITIONS.AgentRun).spec.versions[0]).toMatchObject({
      selectableFields: [{ jsonPath: '.status.phase' }, { jsonPath: '.spec.instanceRef' }],
    });
  });

  it.each(Object.values(KINDS))('have a sample, a short name and the category when the kind is $kind', (names) => {
    expect(existsSync(new URL(`samples/${names.singular}.yaml`, import.meta.url))).toBe(true);
    expect(crdOf(DEFINITIONS[names.kind]).spec.names).toMatchObject({
      shortNames: [expect.stringMatching(/^[a-z]+$/)],
      categories: ['sympozium'],
    });
  });

  it.each(Object.keys(DEFINITIONS) as Kind[])('let a %s say in its status whatever it was made from', (kind) => {
    const [version] = crdOf(DEFINITIONS[kind]).spec.versions;
    const { status } = version?.schema.openAPIV3Schema.properties ?? {};
    expect(status).toBeDefined();
    expect(JSON.stringify(status)).not.toContain('x-kubernetes-validations');
  });

  it('have no short name twice when all are installed', () => {
    const short = Object.values(KINDS).flatMap(({ shortNames }) => shortNames);
    expect(new Set(short).size).toBe(short.length);
  });
});
