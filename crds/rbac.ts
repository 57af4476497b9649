import * as z from 'zod';
import { stringList } from './meta.ts';

/** A rule of a Role, in the subset that this API has. */
export const RbacRuleSchema = z.object({
  apiGroups: stringList().describe('apiGroups that the rule covers; "" is the core group.'),
  resources: stringList().describe('resources that the rule covers.'),
  verbs: stringList().describe('verbs that the rule allows.'),
});
export type RbacRule = z.output<typeof RbacRuleSchema>;
