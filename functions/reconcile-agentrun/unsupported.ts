import type { AgentRun } from '../../crds/agentrun.ts';
import { type Failure, failure } from './failure.ts';

/** Reason of runs that ask for what this version cannot do. Delete a line here when it can. */
export const NOT_SUPPORTED = 'NotSupported';

/** Failing at once, with the field's name, beats running without what was asked for. */
export function unsupported(run: AgentRun): Failure | undefined {
  const { agentSandbox } = run.spec;
  return agentSandbox?.enabled === true ? failure(NOT_SUPPORTED, 'not supported yet: spec.agentSandbox') : undefined;
}
