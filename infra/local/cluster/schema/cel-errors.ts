/** Why an expression does not compile, in the form of the real server's CEL. */
import type { ParseResult } from '@marcbachmann/cel-js';

/** An error of the library's parser or type checker. */
type CompileError = NonNullable<ReturnType<ParseResult['check']>['error']>;

const WORDS: readonly (readonly [RegExp, string])[] = [
  [/^No such key: (.*)$/, "undefined field '$1'"],
  [/^Unknown variable: (.*)$/, "undeclared reference to '$1' (in container '')"],
  [/^found no matching overload for '(?:.*\.)?(\w+)\(.*\)'$/, "undeclared reference to '$1' (in container '')"],
  [/^no such overload: (\S+) (\S+) (\S+)$/, "found no matching overload for '_$2_' applied to '($1, $3)'"],
  [/^(Expected|Unexpected) (.*)$/, 'Syntax error: $1 $2'],
];

/** Names the fault; the column can differ from the real server's by a little. */
export function describeCelError(error: CompileError, expression: string): string {
  let words = error.summary;
  for (const [pattern, replacement] of WORDS) words = words.replace(pattern, replacement);
  return celErrorAt(words, (error.range?.start ?? 0) - (words.startsWith('undefined field') ? 1 : 0), expression);
}

/** `ERROR: <input>:1:5: undefined field 'zz'` with the line and a mark below it. */
export function celErrorAt(words: string, position: number, expression: string): string {
  const before = expression.slice(0, Math.max(0, position)).split('\n');
  const column = before.at(-1)?.length ?? 0;
  const line = expression.split('\n')[before.length - 1] ?? '';
  return `ERROR: <input>:${before.length}:${column + 1}: ${words}\n | ${line}\n | ${'.'.repeat(column)}^`;
}
