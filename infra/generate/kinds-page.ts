import { CONDITIONS, POST_RUN_JOB_FAILED } from '../../crds/conditions.ts';
import type { KindDefinition } from '../../crds/definition.ts';
import { DEFINITIONS } from '../../crds/definitions.ts';
import { eventTypeOf } from '../../crds/events.ts';
import { crdOf } from '../../crds/generate.ts';
import { GROUP, type Kind, VERSION } from '../../crds/group.ts';
import type { CelRule } from '../../crds/meta.ts';
import type { Node } from '../../crds/structural-node.ts';
import { code, table } from './markdown.ts';
import { reasonsOf } from './reasons.ts';

const INTRODUCTION = `# Kinds

Every kind is namespaced, served as \`${GROUP}/${VERSION}\`, has a status subresource and belongs to the category \`sympozium\`:
\`kubectl get sympozium\` lists them all, \`-o wide\` adds why each is as it is, \`kubectl explain\` shows what is below.
[crds/samples](../crds/samples) has one of each; [Adding a kind](adding-a-kind.md) says how one comes about.

\`kubectl wait --for=condition=Ready\` (of a run: \`Succeeded\`) works on every kind. A condition's reason is for programs, its message
for people; reasons keep their meaning, and new ones may come.

What is *slanted* is refused by the API server, with the field and these words. Of an object that was stored before such a rule was there
only what changes is held against it.

**Events** tell of transitions that a person should know of: a condition that becomes \`False\`, or is so for another reason
(\`Warning\`), and one that recovers (\`Normal\`). The last column of the tables of reasons says which; \`kubectl describe\` shows them.
The same transition is told once, and an Event that cannot be written keeps nothing from being done.
`;

/** `docs/kinds.md`: names, columns, fields, conditions, reasons and Events of every kind. */
export function kindsPage(): string {
  return [INTRODUCTION, ...Object.values(DEFINITIONS).map(section)].join('\n');
}

function section(definition: KindDefinition): string {
  const { names, description } = definition;
  const { kind, plural, shortNames } = names;
  const [version] = crdOf(definition).spec.versions;
  const { spec = {}, status = {} } = version?.schema.openAPIV3Schema.properties ?? {};
  const columns = (version?.additionalPrinterColumns ?? []).map(({ name, priority = 0 }) =>
    priority === 0 ? name : `${name} (wide)`,
  );
  const fields = [`Spec`, ...fieldTable(spec), `Status`, ...fieldTable(status)];
  return [
    `## ${kind}\n`,
    `${description}\n`,
    `${code(plural)}, ${shortNames.map(code).join(', ')}. Columns: ${columns.join(', ')}.${selectable(definition)}\n`,
    ...rulesOf(spec).map((message) => `*${message}.*\n`),
    ...fields.map((part) => (part === 'Spec' || part === 'Status' ? `### ${part} of ${kind}\n` : part)),
    ...conditionTable(names.kind as Kind),
  ].join('\n');
}

function selectable({ selectableFields = [] }: KindDefinition): string {
  if (selectableFields.length === 0) return '';
  return ` \`--field-selector\` takes ${selectableFields.map((path) => code(path.slice(1))).join(', ')}.`;
}

function fieldTable(node: Node): string[] {
  return [table(['Field', 'Type', 'Default', 'Meaning'], fieldsOf(node, ''))];
}

/** A row for each field, in the order of the schema. What a condition looks like is Kubernetes' own. */
function fieldsOf({ properties = {}, required = [] }: Node, prefix: string): string[][] {
  return Object.entries(properties).flatMap(([name, node]) => {
    const path = `${prefix}${name}`;
    const { inner, type, suffix } = shapeOf(node);
    const fallback =
      'default' in node && typeof node['default'] !== 'object' ? code(JSON.stringify(node['default'])) : '';
    const must = required.includes(name) ? '**required**' : fallback;
    const meaning = [node['description'] ?? '', ...rulesOf(node).map((message) => `*${message}.*`)].join(' ');
    const row = [code(path), type, must, meaning];
    return name === 'conditions' ? [row] : [row, ...fieldsOf(inner, `${path}${suffix}.`)];
  });
}

/** What the API server judges a field by beyond its type, in words. */
function rulesOf(node: Node): string[] {
  const rules = (node['x-kubernetes-validations'] ?? []) as CelRule[];
  const below = [node.items, node.additionalProperties].flatMap((inner) =>
    typeof inner === 'object' && inner.properties === undefined ? rulesOf(inner) : [],
  );
  return [...rules.map(({ message }) => message), ...below];
}

/** The node whose fields are shown below, its type in a word, and how its path goes on. */
function shapeOf(node: Node): { inner: Node; type: string; suffix: string } {
  if (node['x-kubernetes-int-or-string'] === true) return { inner: node, type: 'quantity', suffix: '' };
  if (Array.isArray(node['enum']))
    return { inner: node, type: node['enum'].map((one) => code(String(one))).join(', '), suffix: '' };
  if (node.type === 'array') {
    const { inner, type, suffix } = shapeOf(node.items ?? {});
    return { inner, type: `list of ${type}`, suffix: `[]${suffix}` };
  }
  if (typeof node.additionalProperties === 'object') {
    const { inner, type, suffix } = shapeOf(node.additionalProperties);
    return { inner, type: `map to ${type}`, suffix: `{}${suffix}` };
  }
  const format = node['format'] === 'date-time' ? 'time' : undefined;
  return { inner: node, type: format ?? String(node.type ?? 'any'), suffix: '' };
}

function conditionTable(kind: Kind): string[] {
  const reasons = reasonsOf(kind);
  const hooks = {
    type: CONDITIONS.postRunFailed,
    status: 'True' as const,
    reason: POST_RUN_JOB_FAILED,
    meaning: "A postRun hook of the run failed; the run's own outcome stands.",
  };
  const all = kind === 'AgentRun' ? [...reasons, hooks] : reasons;
  if (all.length === 0) return [];
  const rows = all.map((one) => [
    `${one.type} = ${one.status}`,
    code(one.reason),
    one.meaning,
    eventTypeOf(kind, undefined, one) ?? '',
  ]);
  return [`### Conditions of ${kind}\n`, table(['Condition', 'Reason', 'Meaning', 'Event'], rows)];
}
