import type { AgentRun } from '../../crds/agentrun.ts';
import type { PersonaPack } from '../../crds/personapack.ts';
import type { SympoziumInstance } from '../../crds/sympoziuminstance.ts';

/** What a request is decided by. */
export interface Observed {
  /** The run that asks, if it is still there under its UID. */
  asker: AgentRun | undefined;
  instance: SympoziumInstance | undefined;
  /** The pack that the asker belongs to; read when it asks for another persona. */
  pack?: PersonaPack;
  /** The instance that is to do the task. */
  target?: SympoziumInstance;
}
