import { type Figure, isOver } from './figure.ts';

const HEADER = ['Scenario', 'Figure', 'Value', 'Limit', '', 'Measured from'];

/** A Markdown table of the figures in their order; a scenario is named on its first line only. */
export function markdownTable(figures: readonly Figure[]): string {
  const rows = figures.map((figure, index) => {
    const repeated = figures[index - 1]?.scenario === figure.scenario;
    return [
      repeated ? '' : figure.scenario,
      figure.name,
      quantity(figure.value, figure.unit),
      figure.limit === undefined ? '' : `≤ ${quantity(figure.limit, figure.unit)}`,
      verdict(figure),
      figure.from,
    ];
  });
  return [HEADER, HEADER.map(() => '---'), ...rows].map((cells) => `| ${cells.map(escaped).join(' | ')} |`).join('\n');
}

function verdict(figure: Figure): string {
  if (figure.limit === undefined) return '';
  return isOver(figure) ? '**over**' : 'ok';
}

/** Three digits that count, such as `0.342 s`, `42.1 ms` and `1160 kB`. */
export function quantity(value: number, unit: string): string {
  const digits = Number.isFinite(value) && !Number.isInteger(value) ? rounded(value) : String(value);
  return unit === '' ? digits : `${digits} ${unit}`;
}

function rounded(value: number): string {
  const size = Math.abs(value);
  if (size >= 100) return String(Math.round(value));
  return String(Number(value.toPrecision(3)));
}

const escaped = (cell: string): string => cell.replaceAll('|', '\\|');
