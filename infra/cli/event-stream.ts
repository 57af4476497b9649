/** One event of an event stream (WHATWG HTML 9.2). */
export interface StreamEvent {
  event: string;
  id: string | undefined;
  data: string;
}

/** Reads an event stream from its bytes. An event that the end of the stream cuts off is dropped, as the standard says. */
export async function* readEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<StreamEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of body) {
    rest += decoder.decode(bytes, { stream: true });
    // A carriage return at the end may be half of a line break.
    const complete = /\r$/.test(rest) ? rest.slice(0, -1) : rest;
    const blocks = complete.split(/\r\n\r\n|\n\n|\r\r/);
    const last = blocks.pop() ?? '';
    rest = last + rest.slice(complete.length);
    for (const block of blocks) {
      const event = parseBlock(block);
      if (event !== undefined) yield event;
    }
  }
}

function parseBlock(block: string): StreamEvent | undefined {
  const fields = block.split(/\r\n|\n|\r/).map((line) => {
    const [, name = '', value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
    return { name, value };
  });
  const last = (wanted: string) => fields.findLast(({ name }) => name === wanted)?.value;
  const data = fields.filter(({ name }) => name === 'data').map(({ value }) => value);
  if (data.length === 0) return undefined;
  return { event: last('event') || 'message', id: last('id'), data: data.join('\n') };
}
