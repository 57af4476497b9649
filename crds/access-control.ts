import * as z from 'zod';
import { prose, stringList } from './meta.ts';

/** Who may talk to an agent through a channel. A denied sender stays denied even when allowed. */
export const AccessControlSchema = z.object({
  allowedSenders: stringList(65_536, 1024).optional().describe('allowedSenders are the only senders heard, when any.'),
  deniedSenders: stringList(65_536, 1024).optional().describe('deniedSenders are never heard.'),
  allowedChats: stringList(65_536, 1024).optional().describe('allowedChats are the only chats heard, when any.'),
  denyMessage: prose().optional().describe('denyMessage answers who is not heard; empty answers nothing.'),
});
export type AccessControl = z.output<typeof AccessControlSchema>;
