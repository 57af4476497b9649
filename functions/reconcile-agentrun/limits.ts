/** Sizes that Kubernetes and Linux set, with room to spare [RUN-W16]. All in bytes of UTF-8. */

/** One environment string of a process may have 128 KiB. A longer task is handed over as a file. */
export const ENV_VALUE_MAX = 96 * 1024;
/** All data of a ConfigMap may have 1 MiB. */
export const CONFIG_MAP_MAX = 900 * 1024;
/** All annotations of an object may have 256 KiB. */
export const RESOLUTION_MAX = 240 * 1024;
/** Largest result that a run's status keeps: etcd takes 1.5 MiB an object. */
export const RESULT_MAX = 256 * 1024;
export const ERROR_MAX = 32 * 1024;
