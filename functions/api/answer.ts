import type { HttpError } from './http-error.ts';

const UNSAFE = /[<>&\u2028\u2029]/g;

/** JSON as the original's encoder writes it: one line, a newline at its end, nothing that a page could take for markup. */
export function encodeJson(value: unknown): string {
  const asEscape = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return `${JSON.stringify(value).replace(UNSAFE, asEscape)}\n`;
}

export function json(value: unknown, status = 200): Response {
  return new Response(encodeJson(value), { status, headers: { 'content-type': 'application/json' } });
}

export const noContent = (): Response => new Response(null, { status: 204 });

/** Plain text with a newline at its end, as all refusals are. */
export function refusal({ status, message, headers }: HttpError): Response {
  return new Response(`${message}\n`, {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff', ...headers },
  });
}
