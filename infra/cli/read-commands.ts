import type { AgentRun } from '../../crds/agentrun.ts';
import type { SympoziumInstance } from '../../crds/sympoziuminstance.ts';
import type { ApiClient } from './api-client.ts';
import type { Options } from './args.ts';
import { failureOf } from './run-command.ts';
import type { Terminal } from './terminal.ts';
import { ageOf, harmless, painter, table } from './text.ts';

const asJson = (value: unknown) => `${JSON.stringify(value, undefined, 2)}\n`;

export async function listRuns(api: ApiClient, { json }: Options, terminal: Terminal, now: Date): Promise<void> {
  const created = ({ metadata }: AgentRun) => metadata.creationTimestamp ?? '';
  const runs = (await api.listRuns()).toSorted((a, b) => (created(a) < created(b) ? 1 : -1));
  if (json === true) return terminal.out(asJson(runs));
  if (runs.length === 0) return terminal.err('No runs yet. Start one: sympozium run "What day is it?"\n');
  const rows = runs.map(({ metadata, spec, status }) => [
    metadata.name,
    spec.instanceRef,
    status?.phase || 'Pending',
    ageOf(metadata.creationTimestamp, now),
    spec.task,
  ]);
  terminal.out(table(['NAME', 'INSTANCE', 'PHASE', 'AGE', 'TASK'], rows, terminal.width));
}

export async function listInstances(api: ApiClient, { json }: Options, terminal: Terminal, now: Date): Promise<void> {
  const instances = await api.listInstances();
  if (json === true) return terminal.out(asJson(instances));
  if (instances.length === 0) return terminal.err('No instances here.\n');
  const rows = instances.map(({ metadata, spec, status }) => [
    metadata.name,
    status?.phase ?? '',
    ageOf(metadata.creationTimestamp, now),
    providerOf({ metadata, spec }),
    spec.agents.default.model,
  ]);
  terminal.out(table(['NAME', 'PHASE', 'AGE', 'PROVIDER', 'MODEL'], rows, terminal.width));
}

/** Without a key the API notes the provider in an annotation. */
function providerOf({ metadata, spec }: Pick<SympoziumInstance, 'metadata' | 'spec'>): string {
  return spec.authRefs?.[0]?.provider ?? metadata.annotations?.['sympozium.ai/provider'] ?? '';
}

export async function getRun(api: ApiClient, name: string, { json }: Options, terminal: Terminal): Promise<void> {
  const run = await api.getRun(name);
  if (json === true) return terminal.out(asJson(run));
  const { metadata, spec, status } = run;
  const paint = painter(terminal.outIsTty, terminal);
  const phase = status?.phase || 'Pending';
  const usage = status?.tokenUsage;
  const facts: [string, string | undefined][] = [
    ['Name', metadata.name],
    ['Namespace', metadata.namespace],
    ['Instance', spec.instanceRef],
    ['Model', `${spec.model.provider} ${spec.model.model}`],
    ['Phase', phase],
    ['Pod', status?.podName],
    ['Started', status?.startedAt],
    ['Completed', status?.completedAt],
    ['Tokens', usage && `${usage.inputTokens} in, ${usage.outputTokens} out, ${usage.toolCalls} tool calls`],
    ['Task', harmless(spec.task)],
  ];
  for (const [label, value] of facts) {
    if (value !== undefined) terminal.out(`${paint('bold', `${label}:`.padEnd(11))} ${value}\n`);
  }
  if (phase === 'Failed') terminal.out(`\n${paint('red', failureOf(run))}\n`);
  if (status?.result !== undefined) terminal.out(`\n${harmless(status.result)}\n`);
}

export async function cancelRuns(
  api: ApiClient,
  names: string[],
  { json }: Options,
  terminal: Terminal,
): Promise<void> {
  for (const name of names) {
    await api.cancelRun(name);
    if (json !== true) terminal.out(`Run ${name} is being cancelled\n`);
  }
  if (json === true) terminal.out(asJson({ cancelled: names }));
}

export async function deleteRuns(
  api: ApiClient,
  names: string[],
  { json }: Options,
  terminal: Terminal,
): Promise<void> {
  for (const name of names) {
    await api.deleteRun(name);
    if (json !== true) terminal.out(`Run ${name} is being deleted\n`);
  }
  if (json === true) terminal.out(asJson({ deleted: names }));
}

export async function showLogs(api: ApiClient, name: string, options: Options, terminal: Terminal): Promise<void> {
  const { follow = false, container, json } = options;
  const response = await api.openLogs(name, { follow, container, signal: terminal.interrupted });
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of response.body ?? []) {
    rest += decoder.decode(bytes, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) showLine(line, json === true, terminal);
  }
  if (rest !== '') showLine(rest, json === true, terminal);
}

function showLine(line: string, json: boolean, terminal: Terminal): void {
  if (json) terminal.out(`${JSON.stringify({ line })}\n`);
  else terminal.out(`${terminal.outIsTty ? harmless(line) : line}\n`);
}
