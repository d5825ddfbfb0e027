// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import { wipe } from '../../../protocol/bytes.ts';
import { action } from '../run.ts';
import { newPinSource, pinSource, pukSource, readSecret, type SecretSource } from '../secret-input.ts';

type PinOptions = { readonly pinFile?: string; readonly newPinFile?: string; readonly pukFile?: string };

/** `bsim pin`: the card's PIN. Secrets come from a file, the environment or a prompt, never from the arguments. */
export function registerPin(program: Command): void {
  const pin = program
    .command('pin')
    .description('the PIN of the card; from a prompt, BSIM_PIN, BSIM_NEW_PIN, BSIM_PUK, or files');

  pin
    .command('verify')
    .description('check the PIN')
    .option('--pin-file <file>', 'file whose first line is the PIN')
    .action(
      action(({ print, withCard }, options: PinOptions) =>
        withCard(({ sim }) =>
          withSecrets([pinSource(options.pinFile)], async ([current]) => {
            await sim.verify(current);
            print.result({ verified: true }, () => 'PIN verified');
          }),
        ),
      ),
    );

  pin
    .command('change')
    .description('replace the PIN')
    .option('--pin-file <file>', 'file whose first line is the PIN')
    .option('--new-pin-file <file>', 'file whose first line is the new PIN')
    .action(
      action(({ print, withCard }, options: PinOptions) =>
        withCard(({ sim }) =>
          withSecrets(
            [pinSource(options.pinFile), newPinSource(options.newPinFile)],
            async ([current, next]) => {
              await sim.changeReferenceData(current, next);
              print.result({ changed: true }, () => 'PIN changed');
            },
          ),
        ),
      ),
    );

  pin
    .command('unblock')
    .description('set a new PIN with the PUK')
    .option('--puk-file <file>', 'file whose first line is the PUK')
    .option('--new-pin-file <file>', 'file whose first line is the new PIN')
    .action(
      action(({ print, withCard }, options: PinOptions) =>
        withCard(({ sim }) =>
          withSecrets([pukSource(options.pukFile), newPinSource(options.newPinFile)], async ([puk, next]) => {
            await sim.resetRetryCounter(puk, next);
            print.result({ unblocked: true }, () => 'PIN unblocked and set');
          }),
        ),
      ),
    );
}

/** Runs `work` with the secrets, in order, and wipes them afterwards. */
async function withSecrets(
  sources: readonly SecretSource[],
  work: (secrets: readonly [Uint8Array, Uint8Array]) => Promise<void>,
): Promise<void> {
  const secrets: Uint8Array[] = [];
  try {
    for (const source of sources) secrets.push(await readSecret(source));
    await work(secrets as unknown as readonly [Uint8Array, Uint8Array]);
  } finally {
    wipe(...secrets);
  }
}
