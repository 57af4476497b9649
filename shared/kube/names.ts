import { createHash } from 'node:crypto';

/** Longest label value, and longest name of a Job or Service (DNS label). */
export const LABEL_MAX = 63;

/**
 * `value` when it fits, else its head and a hash of the whole, so that distinct long values stay distinct
 * and every create of the same cause yields the same name.
 */
export function fitName(value: string, max: number = LABEL_MAX): string {
  if (value.length <= max) return value;
  const hash = createHash('sha256').update(value).digest('hex').slice(0, 10);
  return `${value.slice(0, max - hash.length - 1).replace(/[-._]+$/, '')}-${hash}`;
}

const DNS_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** RFC 1123 label: the form of namespaces and of names that become host names. */
export function isDnsLabel(value: string): boolean {
  return value.length <= 63 && DNS_LABEL.test(value);
}

/** RFC 1123 subdomain: the form of most object names. */
export function isDnsSubdomain(value: string): boolean {
  return value.length <= 253 && DNS_SUBDOMAIN.test(value);
}
