import { truncateUtf8 } from './text.ts';

/** A result must fit a bus message (1 MiB by default) and a status field, also after JSON has escaped it. */
const MAX_RESULT_BYTES = 768 * 1024;

/** Cuts `response` until the whole fits into `maxBytes` of JSON, and says so (RUN-W22). Other fields stay as they are. */
export function fitResult<T extends { response?: string; truncated?: true }>(
  result: T,
  maxBytes = MAX_RESULT_BYTES,
): T {
  let current = result;
  let excess = Buffer.byteLength(JSON.stringify(current)) - maxBytes;
  while (excess > 0 && current.response) {
    const bytes = Buffer.byteLength(current.response);
    // One character may be six bytes of JSON: cut by the share that is too much, and look again.
    const keep = Math.max(0, Math.floor(bytes * (maxBytes / (maxBytes + excess))) - 64);
    current = { ...current, response: truncateUtf8(current.response, keep), truncated: true };
    excess = Buffer.byteLength(JSON.stringify(current)) - maxBytes;
  }
  return current;
}
