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

export const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

/** The head of `text` in at most `max` bytes, whole code points only. */
export function cutBytes(text: string, max: number): { text: string; cut: boolean } {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= max) return { text, cut: false };
  let end = max;
  // Bytes of the form 10xxxxxx continue a code point.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return { text: new TextDecoder().decode(bytes.subarray(0, end)), cut: true };
}
