/** `authorizer` in match conditions, as Kubernetes has it: asks whether whoever sent the request may do something else. */
import type { Environment } from '@marcbachmann/cel-js';
import type { AccessAttributes } from '../access.ts';

export type Allows = (question: AccessAttributes) => boolean;

export class Authorizer {
  readonly allows: Allows;

  constructor(allows: Allows) {
    this.allows = allows;
  }
}

class GroupCheck {
  readonly allows: Allows;
  readonly group: string;

  constructor(allows: Allows, group: string) {
    this.allows = allows;
    this.group = group;
  }
}

class Check {
  readonly allows: Allows;
  readonly about: Omit<AccessAttributes, 'verb'>;

  constructor(allows: Allows, about: Omit<AccessAttributes, 'verb'>) {
    this.allows = allows;
    this.about = about;
  }

  and(more: Omit<AccessAttributes, 'verb'>): Check {
    return new Check(this.allows, { ...this.about, ...more });
  }
}

class Decision {
  readonly allowed: boolean;

  constructor(allowed: boolean) {
    this.allowed = allowed;
  }
}

const NAME = 'kubernetes.authorization';

export function registerAuthorizer(env: Environment): Environment {
  return env
    .registerType(`${NAME}.Authorizer`, { ctor: Authorizer, fields: {} })
    .registerType(`${NAME}.GroupCheck`, { ctor: GroupCheck, fields: {} })
    .registerType(`${NAME}.ResourceCheck`, { ctor: Check, fields: {} })
    .registerType(`${NAME}.Decision`, { ctor: Decision, fields: {} })
    .registerFunction(
      `${NAME}.Authorizer.group(string): ${NAME}.GroupCheck`,
      ({ allows }: Authorizer, group: string) => new GroupCheck(allows, group),
    )
    .registerFunction(
      `${NAME}.Authorizer.path(string): ${NAME}.ResourceCheck`,
      ({ allows }: Authorizer, path: string) => new Check(allows, { path }),
    )
    .registerFunction(
      `${NAME}.GroupCheck.resource(string): ${NAME}.ResourceCheck`,
      ({ allows, group }: GroupCheck, resource: string) => new Check(allows, { group, resource }),
    )
    .registerFunction(
      `${NAME}.ResourceCheck.subresource(string): ${NAME}.ResourceCheck`,
      (check: Check, subresource: string) => check.and({ subresource }),
    )
    .registerFunction(
      `${NAME}.ResourceCheck.namespace(string): ${NAME}.ResourceCheck`,
      (check: Check, namespace: string) => check.and({ namespace }),
    )
    .registerFunction(`${NAME}.ResourceCheck.name(string): ${NAME}.ResourceCheck`, (check: Check, name: string) =>
      check.and({ name }),
    )
    .registerFunction(
      `${NAME}.ResourceCheck.check(string): ${NAME}.Decision`,
      ({ allows, about }: Check, verb: string) => new Decision(allows({ ...about, verb })),
    )
    .registerFunction(`${NAME}.Decision.allowed(): bool`, ({ allowed }: Decision) => allowed);
}
