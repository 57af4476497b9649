/** Stream and subjects of the event bus (controllers.md 5.1; our own per-run subjects beside the original's). */
export const STREAM = 'sympozium';
export const SUBJECT_PREFIX = 'sympozium.';
export const DEAD_LETTER_STREAM = 'sympozium-dead';

/** What a run's pod may publish, each on the run's own subject. */
export type RunEvent = 'completed' | 'stream' | 'status' | 'spawn' | 'message' | 'schedule' | 'exec';

/**
 * `sympozium.run.<namespace>.<run>.<uid>`: where the pod of one run publishes. The UID keeps a run apart from an earlier one
 * of the same name. Names may hold dots, tokens may not; `_` never occurs in a name, so the mapping is one to one.
 */
export function runSubject(run: { namespace: string; name: string; uid: string }): string {
  return `${SUBJECT_PREFIX}run.${run.namespace}.${run.name.replaceAll('.', '_')}.${run.uid}`;
}

/** The run of one of its own subjects; undefined for any other subject. */
export function runOfSubject(subject: string): { namespace: string; name: string; uid: string } | undefined {
  const [prefix, run, namespace, name, uid, event] = subject.split('.');
  if (`${prefix}.` !== SUBJECT_PREFIX || run !== 'run' || !namespace || !name || !uid || !event) return undefined;
  return { namespace, name: name.replaceAll('_', '.'), uid };
}

/** Where a run is told that a slot it may have waited for is free. The run's name and UID are as in `runSubject`. */
export const slotSubject = (run: { namespace: string; name: string; uid: string }): string => `${runSubject(run)}.slot`;

/** Where a run's pod takes replies, so that it cannot listen to those of others. */
export const inboxOf = (uid: string): string => `_INBOX_${uid}`;

/** The envelope of every message of the original (controllers.md 5.3). */
export interface BusEnvelope {
  topic: string;
  timestamp: string;
  metadata: Record<string, string>;
  data: unknown;
}
