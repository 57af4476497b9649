import { createHmac } from 'node:crypto';
import { type KeyRole, type NKey, nkeyFrom } from './nkeys.ts';
import { inboxOf, runSubject } from './subjects.ts';

/** Who trusts whom on the bus: the operator the account, the account its users. All of it follows from one secret. */
interface Trust {
  operator: NKey;
  system: NKey;
  account: NKey;
}

interface Permissions {
  publish: string[];
  subscribe: string[];
}

/** Claims and keys are the same however often they are made, so that a repeated apply of a pod changes nothing. */
const EPOCH = new Date('2026-01-01T00:00:00Z');
const UNLIMITED = -1;

/**
 * What the pod of one run may do on the bus: publish on the run's own subjects, and hear what is addressed to it. Nobody else's
 * completion can be forged with it, and it ends with the run. Returns a creds text (JWT and seed).
 */
export function runCredentials(
  secret: string,
  run: { namespace: string; name: string; uid: string },
  lifetime: { from: Date; seconds: number },
): string {
  const expires = new Date(lifetime.from.getTime() + lifetime.seconds * 1000);
  return credentials(secret, `run/${run.uid}`, {
    issued: lifetime.from,
    expires,
    permissions: {
      publish: [`${runSubject(run)}.>`],
      subscribe: [`${inboxOf(run.uid)}.>`, `${runSubject(run)}.followup`, `${runSubject(run)}.answer`],
    },
  });
}

/** Everything on the bus, for the relay. */
export function relayCredentials(secret: string): string {
  return credentials(secret, 'relay', { issued: EPOCH, permissions: { publish: ['>'], subscribe: ['>'] } });
}

/** The lines of a NATS configuration that make the server trust these users and no one else. */
export function trustConfig(secret: string): string {
  const { operator, system, account } = trustOf(secret);
  const accountClaims = (name: string, key: NKey, limits: object) =>
    jwt(operator, { name, sub: key.publicKey, nats: { limits, type: 'account', version: 2 } });
  const limits = {
    subs: UNLIMITED,
    data: UNLIMITED,
    payload: UNLIMITED,
    imports: UNLIMITED,
    exports: UNLIMITED,
    wildcards: true,
    conn: UNLIMITED,
    leaf: UNLIMITED,
  };
  const streams = { mem_storage: UNLIMITED, disk_storage: UNLIMITED, streams: UNLIMITED, consumer: UNLIMITED };
  return [
    `operator: ${jwt(operator, { name: 'sympozium', sub: operator.publicKey, nats: { type: 'operator', version: 2 } })}`,
    `system_account: ${system.publicKey}`,
    'resolver: MEMORY',
    'resolver_preload {',
    `  ${system.publicKey}: ${accountClaims('SYS', system, limits)}`,
    `  ${account.publicKey}: ${accountClaims('sympozium', account, { ...limits, ...streams })}`,
    '}',
    '',
  ].join('\n');
}

interface UserClaims {
  issued: Date;
  expires?: Date;
  permissions: Permissions;
}

function credentials(secret: string, name: string, { issued, expires, permissions }: UserClaims): string {
  const user = derive(secret, 'user', name);
  const { publish, subscribe } = permissions;
  const limits = { subs: UNLIMITED, data: UNLIMITED, payload: UNLIMITED };
  const token = jwt(
    trustOf(secret).account,
    {
      name,
      sub: user.publicKey,
      nats: { pub: { allow: publish }, sub: { allow: subscribe }, ...limits, type: 'user', version: 2 },
    },
    { issued, ...(expires !== undefined && { expires }) },
  );
  return [
    '-----BEGIN NATS USER JWT-----',
    token,
    '------END NATS USER JWT------',
    '',
    '-----BEGIN USER NKEY SEED-----',
    user.seed,
    '------END USER NKEY SEED------',
    '',
  ].join('\n');
}

function trustOf(secret: string): Trust {
  return {
    operator: derive(secret, 'operator', 'operator'),
    system: derive(secret, 'account', 'system'),
    account: derive(secret, 'account', 'sympozium'),
  };
}

/** Each key's bytes are a keyed hash of its name: one secret to keep, and to rotate. */
function derive(secret: string, role: KeyRole, name: string): NKey {
  return nkeyFrom(role, createHmac('sha256', secret).update(`sympozium-bus/${role}/${name}`).digest());
}

function jwt(
  issuer: NKey,
  claims: object,
  { issued = EPOCH, expires }: { issued?: Date; expires?: Date } = {},
): string {
  const seconds = (time: Date) => Math.floor(time.getTime() / 1000);
  const body = {
    iss: issuer.publicKey,
    iat: seconds(issued),
    ...(expires !== undefined && { exp: seconds(expires) }),
    ...claims,
  };
  const jti = createHmac('sha256', 'jti').update(JSON.stringify(body)).digest('base64url');
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({ typ: 'JWT', alg: 'ed25519-nkey' })}.${part({ jti, ...body })}`;
  return `${signed}.${issuer.sign(signed).toString('base64url')}`;
}
