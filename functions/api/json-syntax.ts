/** Where the first JSON value of a text ends, or where it goes wrong; both as an index into the text. */
export type JsonScan = { end: number } | { wrongAt: number };

const SPACE = /[ \t\n\r]*/y;
/** Punctuation, a string (its class of characters leaves out quotes, backslashes and control characters), or another scalar. */
const TOKEN =
  /[[\]{},:]|"(?:[ !#-[\]-\uffff]+|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/** What may come next, and which tokens it may be: punctuation as itself, `"` for a string, `s` for another scalar. */
const ALLOWED = {
  value: '[{"s',
  firstItem: '[{"s]',
  firstKey: '"}',
  key: '"',
  colon: ':',
  afterItem: ',]',
  afterMember: ',}',
} as const;

type Expected = keyof typeof ALLOWED;

/**
 * Finds the end of the first JSON value without building it. `JSON.parse` alone refuses bytes after the value, which the
 * original ignores, and its messages quote the body, which may hold a key. Iterative: depth costs memory, not stack.
 */
export function scanJson(text: string): JsonScan {
  const open: ('[' | '{')[] = [];
  let expected: Expected | undefined = 'value';
  let at = 0;
  while (expected !== undefined) {
    at = endOf(SPACE, text, at) ?? at;
    const end = endOf(TOKEN, text, at);
    const token = tokenClass(text[at] ?? '');
    if (end === undefined || !ALLOWED[expected].includes(token)) return { wrongAt: at };
    at = end;
    expected = nextAfter(token, expected, open);
  }
  return { end: at };
}

/** Undefined once the outermost value is complete. */
function nextAfter(token: string, expected: Expected, open: ('[' | '{')[]): Expected | undefined {
  if (token === '[' || token === '{') {
    open.push(token);
    return token === '[' ? 'firstItem' : 'firstKey';
  }
  if (token === ':') return 'value';
  if (token === ',') return expected === 'afterItem' ? 'value' : 'key';
  if (token === '"' && (expected === 'key' || expected === 'firstKey')) return 'colon';
  if (token === ']' || token === '}') open.pop();
  const innermost = open.at(-1);
  if (innermost === undefined) return undefined;
  return innermost === '[' ? 'afterItem' : 'afterMember';
}

const tokenClass = (first: string) => ('[]{},:"'.includes(first) ? first : 's');

function endOf(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

/** `line L, column C`, both from 1, of an index into a text. */
export function lineAndColumn(text: string, index: number): string {
  const before = text.slice(0, index).split('\n');
  return `line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`;
}
