import { stripVTControlCharacters, styleText } from 'node:util';
import type { Terminal } from './terminal.ts';

type Style = Parameters<typeof styleText>[0];
export type Paint = (style: Style, text: string) => string;

/** Colours where the reader is a screen and has not asked for none (no-color.org). */
export function painter(isTty: boolean, { env }: Pick<Terminal, 'env'>): Paint {
  const plain = !isTty || (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb';
  return (style, text) => (plain ? text : styleText(style, text, { validateStream: false }));
}

const isControl = (character: string) =>
  (character < ' ' && !'\n\t'.includes(character)) || (character >= '\u007f' && character < '\u00a0');

/** Text of models and tools as a screen may get it: it must not move the cursor or change the title. */
export function harmless(text: string): string {
  return [...stripVTControlCharacters(text)].filter((character) => !isControl(character)).join('');
}

/** One line of at most `width` characters. */
export function shortened(text: string, width: number): string {
  const line = harmless(text).replaceAll(/\s+/g, ' ').trim();
  return line.length <= width ? line : `${line.slice(0, Math.max(1, width - 1))}…`;
}

/** Columns as wide as their widest cell; the last one is cut to what the screen has left. */
export function table(header: readonly string[], rows: readonly (readonly string[])[], width: number): string {
  const cells = [header, ...rows].map((row) => row.map((cell) => shortened(cell, 1_000)));
  const widths = header.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const before = widths.slice(0, -1).reduce((sum, one) => sum + one + 2, 0);
  const lastWidth = Math.max(20, width - before);
  const lines = cells.map((row) =>
    row
      .map((cell, column) =>
        column === header.length - 1 ? shortened(cell, lastWidth) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  '),
  );
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
] as const;

/** `12s`, `3m`, `5h`, `2d` between two moments, as kubectl writes ages. */
export function ageOf(since: string | undefined, now: Date): string {
  if (since === undefined) return '';
  const seconds = Math.max(0, Math.floor((now.getTime() - Date.parse(since)) / 1000));
  const unit = UNITS.find(([, length]) => seconds >= 2 * length);
  return unit === undefined ? `${seconds}s` : `${Math.floor(seconds / unit[1])}${unit[0]}`;
}
