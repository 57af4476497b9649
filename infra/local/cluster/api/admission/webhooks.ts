import type { KubeObject } from '../object.ts';
import type { WriteContext } from '../verbs/write-context.ts';

export interface Change {
  context: WriteContext;
  operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';
  /** Undefined for a deletion. */
  object: KubeObject | undefined;
  old: KubeObject | undefined;
}

export interface Webhooks {
  /** The object as the mutating webhooks make it; itself when none changed it. */
  admit<T extends KubeObject | undefined>(change: Change & { object: T }): Promise<T>;
  validate(change: Change): Promise<void>;
}
