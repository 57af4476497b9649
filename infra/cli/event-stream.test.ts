import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readEvents, type StreamEvent } from './event-stream.ts';

async function read(parts: Uint8Array[]): Promise<StreamEvent[]> {
  async function* body() {
    yield* parts;
  }
  const events: StreamEvent[] = [];
  for await (const event of readEvents(body())) events.push(event);
  return events;
}

it('reads the same events however the bytes are cut', async () => {
  const stream = 'id: 1\nevent: chunk\ndata: {"a":"ü😀"}\n\n: comment\n\nevent: end\r\ndata: one\r\ndata: two\r\n\r\n';
  const bytes = new TextEncoder().encode(stream);
  const expected = [
    { event: 'chunk', id: '1', data: '{"a":"ü😀"}' },
    { event: 'end', id: undefined, data: 'one\ntwo' },
  ];
  const cuts = fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 12 });

  await fc.assert(
    fc.asyncProperty(cuts, async (places) => {
      const bounds = [0, ...places.toSorted((a, b) => a - b), bytes.length];
      const parts = bounds.slice(1).map((end, index) => bytes.slice(bounds[index], end));
      expect(await read(parts)).toEqual(expected);
    }),
  );
});

it('drops an event that the end cuts off', async () => {
  expect(await read([new TextEncoder().encode('data: 1\n\ndata: 2\n')])).toEqual([
    { event: 'message', id: undefined, data: '1' },
  ]);
});
