import type { AgentRun } from '../../crds/agentrun.ts';
import type { SympoziumInstance } from '../../crds/sympoziuminstance.ts';
import type { ObjectRef } from '../../shared/kube/resources.ts';
import type { Deployment } from './channel-deployment.ts';

/** What a pass saw. Plain JSON, so that a pass can be stored and run again. */
export type Observed = { stage: 'gone'; primary: undefined } | Standing | Deleting;

export interface Standing {
  stage: 'standing';
  primary: SympoziumInstance;
  /** Deployments of channels that the instance controls. */
  deployments: Deployment[];
  /** Names of Deployments that a channel wants and something else has. */
  taken: string[];
  /** What the instance refers to and exists, as `<kind>/<name>`. */
  found: string[];
  memoryFound: boolean;
  /** Whatever has the name of the run that serves the web endpoint. */
  webRun: AgentRun | undefined;
  /** Phases of the instance's runs that have not ended. */
  phases: string[];
}

export interface Deleting {
  stage: 'deleting';
  primary: SympoziumInstance;
  /** What the instance leaves and goes with it. */
  left: ObjectRef[];
}
