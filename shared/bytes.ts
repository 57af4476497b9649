/** Sizes in bytes of UTF-8, as Kubernetes and Linux count. */

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
