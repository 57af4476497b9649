import type { AgentRun } from '../../crds/agentrun.ts';
import { type Failure, failure } from './failure.ts';

/** Reason of runs that ask for what this version cannot do. Delete a line here when it can. */
export const NOT_SUPPORTED = 'NotSupported';

/** Failing at once, with the field's name, beats running without what was asked for. */
export function unsupported(run: AgentRun): Failure | undefined {
  const { mode, agentSandbox } = run.spec;
  const fields = [
    mode === 'server' && 'spec.mode: server',
    agentSandbox?.enabled === true && 'spec.agentSandbox',
  ].filter((field) => field !== false);
  return fields.length === 0 ? undefined : failure(NOT_SUPPORTED, `not supported yet: ${fields.join(', ')}`);
}
