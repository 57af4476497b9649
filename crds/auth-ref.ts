import * as z from 'zod';
import { objectName, text } from './meta.ts';

/** Key of a model provider. */
export const AuthRefSchema = z.object({
  provider: text().optional().describe('provider that the key is for.'),
  secret: objectName().describe('secret names the Secret with the key.'),
});
export type AuthRef = z.output<typeof AuthRefSchema>;
