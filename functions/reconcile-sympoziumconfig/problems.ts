import { isDnsSubdomain } from '../../shared/kube/names.ts';
import type { WantedGateway } from './gateway.ts';

/** Names that no object can have, and domains that no certificate can be for. */
export function gatewayProblems({ name, gatewayClassName, baseDomain = '', tls }: WantedGateway): string[] {
  const names = [
    ['gateway.name', name],
    ['gateway.gatewayClassName', gatewayClassName],
    ...(baseDomain === '' ? [] : [['gateway.baseDomain', baseDomain]]),
    ...(tls?.enabled === true ? [['gateway.tls.secretName', tls.secretName]] : []),
  ] as const;
  return names
    .filter(([, value]) => !isDnsSubdomain(value ?? ''))
    .map(([field, value]) => `\`${field}\` must be lower-case letters, digits, dashes and dots, not "${value}"`);
}

/** What is understood and does nothing. */
export function gatewayNotes({ baseDomain = '', tls }: WantedGateway): string[] {
  return tls?.enabled === true && baseDomain === '' ? ['HTTPS is not served: `gateway.baseDomain` is not set'] : [];
}
