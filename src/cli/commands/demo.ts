// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { CliError } from '../errors.ts';
import { makeDirectory } from '../make-directory.ts';
import { table } from '../print.ts';
import { action } from '../run.ts';

/** The order that the demo provisions, part of the package. */
const ORDER = fileURLToPath(new URL('../../../../fixtures/provisioning/order.csv', import.meta.url));
/** Marks a directory that a demo made, and that the next demo may therefore replace. */
const MARKER = '.bsim-demo';

/** `bsim demo`: the main job, end to end, on emulated cards and an embedded chain. */
export function registerDemo(program: Command): void {
  program
    .command('demo')
    .description(
      'run the main job: 20 emulated cards, a chain, a payment by card, and proofs; needs nothing else',
    )
    .option(
      '--directory <directory>',
      'where to put cards and chain; what an earlier demo left there is replaced',
      'demo',
    )
    .action(
      action(async ({ print }, options: { readonly directory: string }) => {
        const { directory } = options;
        // Loaded here: every other command would pay for it at its start.
        const { runDemo } = await import('../demo-run.ts');
        prepareDirectory(directory);
        const { steps, firstCard, did } = await runDemo(directory, ORDER, print);
        const card = relative('.', firstCard);
        const genesis = join(directory, 'chain', 'genesis.json');
        print.result({ directory, steps, firstCard: card, did }, () =>
          [
            table(
              ['step', 'result', 'ms'],
              steps.map(({ step, result, milliseconds }) => [step, result, String(milliseconds)]),
            ),
            'Try next:',
            `  npx bsim card info --reader emulator:${card}`,
            `  npx bsim node start ${join(directory, 'chain')}`,
            '  and in another terminal:',
            `  npx bsim identity resolve ${did} --genesis ${genesis}`,
          ].join('\n'),
        );
      }),
    );
}

function prepareDirectory(directory: string): void {
  if (existsSync(directory)) {
    const ours = existsSync(join(directory, MARKER));
    if (!ours && (!statSync(directory).isDirectory() || readdirSync(directory).length > 0)) {
      throw new CliError(
        'cli/demo-directory',
        `demo not begun: found files that no demo made in ${directory}, expected an empty or new directory`,
        { directory },
      );
    }
    rmSync(directory, { recursive: true });
  }
  makeDirectory(directory);
  writeFileSync(join(directory, MARKER), 'made by bsim demo, replaced by the next one\n');
}
