import type { AgentRun } from '../../crds/agentrun.ts';
import type { PersonaPack } from '../../crds/personapack.ts';
import type { SympoziumInstance } from '../../crds/sympoziuminstance.ts';
import type { SpawnRequest } from './request.ts';

/** What a request is decided by. */
export interface Observed {
  request: SpawnRequest;
  /** The run that asks, if it is still there under its UID. */
  primary: AgentRun | undefined;
  instance: SympoziumInstance | undefined;
  /** The pack that the asker belongs to; read when it asks for another persona. */
  pack?: PersonaPack;
  /** The instance that is to do the task. */
  target?: SympoziumInstance;
}
