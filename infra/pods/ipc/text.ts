/** The longest prefix of at most `maxBytes` bytes of UTF-8 that ends at a character boundary. */
export function truncateUtf8(text: string | Uint8Array, maxBytes: number): string {
  const bytes = typeof text === 'string' ? Buffer.from(text, 'utf8') : Buffer.from(text);
  if (bytes.length <= maxBytes) return bytes.toString('utf8');
  return bytes.subarray(0, boundaryBefore(bytes, maxBytes)).toString('utf8');
}

/** As `truncateUtf8`, with `...` to show that something is missing. */
export function abbreviate(text: string, maxBytes: number): string {
  const cut = truncateUtf8(text, maxBytes);
  return cut.length < text.length ? `${cut}...` : text;
}

function boundaryBefore(bytes: Uint8Array, position: number): number {
  let end = Math.max(0, position);
  // A byte 10xxxxxx continues a character: step back to where that character begins.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return end;
}
