import type { SympoziumConfig } from '../../crds/sympoziumconfig.ts';
import type { Gateway, GatewayClass } from './gateway.ts';

/** What a pass saw. Plain JSON, so that a pass can be stored and run again. */
export type Observed = { stage: 'gone'; primary: undefined } | Standing;

interface Standing {
  stage: 'standing';
  primary: SympoziumConfig;
  /** `missing`: the cluster has no Gateway API. */
  api: GatewayApi | 'missing';
}

export interface GatewayApi {
  /** Gateways that the configuration controls. */
  own: Gateway[];
  /** Something else has the name of the Gateway. */
  taken: boolean;
  /** The class that the spec names exists, whoever made it. */
  classFound: boolean;
  /** Classes made for a configuration that neither a configuration nor a Gateway names any more. */
  leftClasses: GatewayClass[];
}
