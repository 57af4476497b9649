/** The value that `share` (0 to 1) of the values do not exceed, by the nearest rank; NaN of no values. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const rank = Math.max(1, Math.ceil(share * sorted.length));
  return sorted[rank - 1] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => percentile(values, 0.5);

/**
 * How far the second order is from the first, in places: for each item of `second` the distance between its places in both.
 * Items that `first` lacks are left out.
 */
export function displacements(first: readonly string[], second: readonly string[]): number[] {
  const place = new Map(first.map((item, index) => [item, index]));
  return second.flatMap((item, index) => {
    const before = place.get(item);
    return before === undefined ? [] : [Math.abs(index - before)];
  });
}
