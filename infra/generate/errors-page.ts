import { ERRORS } from '../../shared/errors.ts';

const MEANING = {
  retry: 'The pass is tried again, with backoff.',
  terminal: 'The key is given up until the object changes.',
  reject: 'The request is refused; nothing was done.',
} as const;

/** `docs/errors.md`: the closed list of error codes. */
export function errorsPage(): string {
  const rows = Object.entries(ERRORS).map(
    ([code, { disposition, status }]) => `| \`${code}\` | ${status} | ${disposition} | ${MEANING[disposition]} |`,
  );
  return [
    '# Error codes',
    '',
    'Every failed pass and every refused request carries one of these codes.',
    '',
    '| Code | HTTP status | Disposition | What follows |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
