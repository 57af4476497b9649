import { isDnsLabel } from '../../shared/kube/names.ts';
import { HttpError } from './http-error.ts';

/**
 * The first value of a query parameter, or undefined. A repeated one counts once, and one that cannot be decoded does not
 * count at all, as in the original; `URLSearchParams` would keep its raw text.
 */
export function queryParameter(url: string, name: string): string | undefined {
  const query = url.split('#')[0]?.split('?').slice(1).join('?') ?? '';
  for (const pair of query.split('&')) {
    const [key = '', value = ''] = pair.split(/=(.*)/s, 2);
    const decoded = decode(key) === name ? decode(value) : undefined;
    if (decoded !== undefined) return decoded;
  }
  return undefined;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined; // Not percent-encoding: the parameter counts as absent.
  }
}

/** Query parameter `namespace`; absent or empty means `default`. */
export function namespaceOf(url: string): string {
  const namespace = queryParameter(url, 'namespace') || 'default';
  if (!isDnsLabel(namespace)) throw new HttpError(422, `\`namespace\` must be ${DNS_LABEL_RULE}`);
  return namespace;
}

export const DNS_LABEL_RULE =
  'a DNS label: at most 63 lower case letters, digits and hyphens, with a letter or digit at both ends';

/** A whole number that is not negative; undefined when the parameter is absent. */
export function numberParameter(url: string, name: string): number | undefined {
  const text = queryParameter(url, name);
  if (text === undefined || text === '') return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new HttpError(400, `\`${name}\` must be a whole number`);
  return Number(text);
}
