/** What JavaScript's regular expressions have and Go's RE2, which the API server compiles patterns with, has not. */
const MISSING: readonly (readonly [RegExp, string])[] = [
  [/\(\?<?[=!]/, 'lookaround'],
  [/\\(?:[1-9]|k<)/, 'back-references'],
  [/\\u/, '\\u escapes'],
  [/\\c/, '\\c escapes'],
  [/\\[pP]\{[^}]*=/, 'properties with a value'],
  [/\[\^?\]/, 'empty character classes'],
];
const MAX_REPEAT = 1000;

/** Says what of `pattern` RE2 lacks; undefined when nothing was found. */
export function lackingInRe2(pattern: string): string | undefined {
  const withoutEscapedBackslashes = pattern.replaceAll('\\\\', '');
  const found = MISSING.find(([form]) => form.test(withoutEscapedBackslashes));
  if (found !== undefined) return found[1];
  const counts = [...withoutEscapedBackslashes.matchAll(/\{(\d+)(?:,(\d*))?\}/g)].flatMap(([, from, to]) => [from, to]);
  return counts.some((count) => Number(count ?? 0) > MAX_REPEAT) ? `repetition above ${MAX_REPEAT}` : undefined;
}
