/** One measured number. */
export interface Figure {
  scenario: string;
  name: string;
  value: number;
  unit: Unit;
  /** The highest value that is good; absent where there is none to hold. */
  limit?: number;
  /** From what it was measured, for who has to judge it. */
  from: string;
}

type Unit = 'ms' | 's' | 'MB' | 'kB' | '1/s' | '×' | '' | 'per run';

export function isOver({ value, limit }: Figure): boolean {
  // A number that could not be measured does not hold its limit.
  return limit !== undefined && !(value <= limit);
}
