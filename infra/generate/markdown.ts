/** A table; a bar inside a cell would end it, also within code. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return `${[line(header), `|${'---|'.repeat(header.length)}`, ...rows.map(line)].join('\n')}\n`;
}

export const code = (text: string): string => `\`${text}\``;
