import { readdirSync, readFileSync } from 'node:fs';
import { parse, parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../shared/kube/objects.ts';

/** One recorded case of the original: what was applied, what then happened, and what the original made of it. */
export interface Case {
  name: string;
  spec: string[];
  steps: Step[];
  input: KubeObject[];
  output: Output;
}

export type Step =
  | { apply: KubeObject[] }
  | { wait: { kind: string; name: string; phase?: string; seconds?: number; gone?: boolean } }
  | { pause: number }
  | { delete: { kind: string; name: string } }
  | { patch: { kind: string; name: string; merge: object } }
  | { podEnd: { run: string; component?: string; exit: number; log?: string; reason?: string } }
  | { containerEnd: { run: string; container: string; exit: number; log?: string; reason?: string } };

export interface Output {
  created?: Record<string, { object: KubeObject; deleted?: boolean; deletion?: string }>;
  inputs?: Record<string, { phases?: string[]; deleted?: boolean; now?: { status?: object; metadata?: object } }>;
  messages: { subject: string; envelope: object; times?: number }[];
}

const FOLDER = new URL('./golden/', import.meta.url);

export const caseNames = (): string[] =>
  readdirSync(FOLDER, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);

/** Which test compares which cases, by the corpus's own naming. */
export const COMPARED = {
  'agentrun.test.ts': /^(run|end|fail)-|-run$/,
  'standing.test.ts': /^(inst|pack|skillpack|policy|config|mcp)-/,
  'schedule.test.ts': /^schedule-/,
  'route-schedule.test.ts': /^router-schedule-/,
} as const;

export const casesOf = (test: keyof typeof COMPARED): string[] =>
  caseNames().filter((name) => COMPARED[test].test(name));

export function loadCase(name: string): Case {
  const read = (file: string) => readFileSync(new URL(`${name}/${file}.yaml`, FOLDER), 'utf8');
  const { spec = [], steps = [] } = parse(read('case')) as Pick<Case, 'spec' | 'steps'>;
  const input = parseAllDocuments(read('input'))
    .map((document) => document.toJS() as KubeObject | null)
    .filter((object) => object !== null);
  return { name, spec, steps, input, output: parse(read('output')) as Output };
}
