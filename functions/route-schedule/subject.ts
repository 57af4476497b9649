import { runOfSubject, SUBJECT_PREFIX } from '../../shared/bus/subjects.ts';

/** Where the pods of runs ask, each on its own run's. */
export const RUN_SUBJECTS = `${SUBJECT_PREFIX}run.*.*.*.schedule`;
/** Where pods of unmodified images ask: who asks is what the message says. */
export const SHARED_SUBJECT = `${SUBJECT_PREFIX}schedule.upsert`;

/** Who asks, as the subject proves it; undefined on the shared one. */
export const askerOf = (subject: string) => (subject === SHARED_SUBJECT ? undefined : runOfSubject(subject));
