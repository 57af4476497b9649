/** Kubernetes quantities (`1.5Gi`, `100m`, `2e3`) as whole billionths, so that they add and compare exactly. */

const BINARY: Readonly<Record<string, bigint>> = {
  Ki: 1024n,
  Mi: 1024n ** 2n,
  Gi: 1024n ** 3n,
  Ti: 1024n ** 4n,
  Pi: 1024n ** 5n,
  Ei: 1024n ** 6n,
};
const DECIMAL: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const FORM = /^([+-]?)(\d*)(?:\.(\d*))?(?:([KMGTPE]i)|([numkMGTPE])|[eE]([+-]?\d+))?$/;
export const NANO = 1_000_000_000n;
/** Kubernetes has no quantity beyond 2^63; a larger exponent would only cost time. */
const EXPONENT_MAX = 40;

/** Billionths of the quantity; undefined when the text is not one. */
export function parseQuantity(text: string): bigint | undefined {
  const match = FORM.exec(text);
  if (!match) return undefined;
  const [, sign, whole = '', fraction = '', binary, decimal, exponent] = match;
  if (whole === '' && fraction === '') return undefined;
  const digits = BigInt(whole + fraction);
  const power = exponent !== undefined ? Number(exponent) : (DECIMAL[decimal ?? ''] ?? 0);
  const scale = Math.max(-EXPONENT_MAX, Math.min(EXPONENT_MAX, power)) - fraction.length + 9;
  const factor = (binary && BINARY[binary]) || 1n;
  const amount = scale >= 0 ? digits * factor * 10n ** BigInt(scale) : roundUp(digits * factor, 10n ** BigInt(-scale));
  return sign === '-' ? -amount : amount;
}

/** What is smaller than a billionth is rounded up, as Kubernetes does. */
function roundUp(amount: bigint, by: bigint): bigint {
  return (amount + by - 1n) / by;
}
