import * as z from 'zod';

/** What the relay's queue does next with a key or a message. No reply, a time-out and any status but 200 mean retry. */
export const ReplySchema = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('settled') }),
  z.object({ outcome: z.literal('requeueAfter'), seconds: z.number().positive() }),
  z.object({ outcome: z.literal('retry'), code: z.string() }),
  z.object({ outcome: z.literal('terminal'), code: z.string() }),
]);

export type Reply = z.output<typeof ReplySchema>;
