/** Words that say nothing about what a text is about; a task is full of them. */
const STOP_WORDS = new Set(
  `a about an and any are as at be by can could did do does for from had has have how i if in into is it its me my no not of on
  or our please should so than that the their them then there these they this to us was we were what when where which who why
  will with would you your`.split(/\s+/),
);

const MAX_TERMS = 64;

/**
 * The FTS5 expression for any text: each word as it is and as a prefix, any of them enough, so that more shared words rank
 * higher, a whole word higher than its beginning, and a sentence finds what one of its words would [API-W56]. A word with punctuation inside (`db-prod-01`) is a phrase. Undefined
 * for a text without letters or digits. No text makes a syntax error: nothing of it is outside quotes.
 */
export function matchExpression(text: string): string | undefined {
  const words = text
    .split(/[^\p{L}\p{M}\p{N}\-_.@']+/u)
    .map((word) => word.replaceAll(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, ''))
    .filter((word) => word !== '');
  const telling = words.filter((word) => !STOP_WORDS.has(word.toLowerCase()));
  const terms = [...new Set(telling.length > 0 ? telling : words)].slice(0, MAX_TERMS);
  return terms.length === 0 ? undefined : terms.map((term) => `"${term}" OR "${term}"*`).join(' OR ');
}
