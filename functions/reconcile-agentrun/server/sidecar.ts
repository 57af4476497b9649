import type { SkillSidecar } from '../../../crds/skillpack.ts';
import type { RunBuild, SidecarSkill } from '../pod/run-build.ts';
import { sidecarsOf } from '../pod/run-build.ts';

type Port = NonNullable<SkillSidecar['ports']>[number];

/** What a pack listens on that does not say so, as the original's built-in one does. */
const DEFAULT_PORT: Port = { name: 'http', containerPort: 8080, protocol: 'TCP' };

/** The skill that serves; undefined when the run has none [RUN-106]. */
export const servingSkill = (build: Pick<RunBuild, 'run' | 'skills'>): SidecarSkill | undefined => sidecarsOf(build)[0];

/** Never empty. The first is the one that probes and routes lead to. */
export function portsOf({ ports = [] }: SkillSidecar): [Port, ...Port[]] {
  const [first = DEFAULT_PORT, ...rest] = ports;
  return [first, ...rest];
}
