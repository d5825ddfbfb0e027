// SPDX-License-Identifier: Apache-2.0

/** A Markdown table; each cell is written on one line, with `|` escaped. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)].join('\n');
}

/** The line under the title of a page that a script writes. */
export const generatedFrom = (sources: string): string =>
  `<!-- Generated from ${sources} by \`npm run generate\`. Do not edit. -->`;
