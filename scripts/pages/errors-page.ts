// SPDX-License-Identifier: Apache-2.0
import { exitCodeOf, exitCodes } from '../../src/cli/exit-codes.ts';
import { errorAreas } from '../error-tables.ts';
import { generatedFrom, table } from './markdown.ts';

/** docs/errors.md: every error of the toolkit with what to do about it. */
export function errorsPage(): string {
  const exits = Object.entries(exitCodes).map(([code, meaning]) => [code, meaning]);
  const sections = errorAreas.map(({ title, file, table: errors }) => {
    const rows = Object.entries(errors).map(([code, { meaning, remedy }]) => [
      `\`${code}\``,
      meaning,
      remedy,
      String(exitCodeOf(code)),
    ]);
    return `## ${title}\n\nTable: \`${file}\`.\n\n${table(['Code', 'Meaning', 'Remedy', 'Exit'], rows)}`;
  });
  return `${[
    '# Errors',
    generatedFrom('the error tables'),
    `Every error that the toolkit raises has a code \`area/what\`, a message (*what failed: what was found, what was
expected*), facts and a remedy. With \`--json\` the command line prints \`{"error": {"code", "message", "remedy",
"details"}}\`; the HTTP API answers the same object. A code keeps its meaning from release to release; messages may change.`,
    `## Exit codes of \`bsim\`\n\n${table(['Exit', 'Meaning'], exits)}`,
    ...sections,
  ].join('\n\n')}\n`;
}
