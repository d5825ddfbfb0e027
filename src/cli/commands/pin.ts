// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import { action } from '../run.ts';
import { duressPinSource, newPinSource, pinSource, pukSource, withSecrets } from '../secret-input.ts';

type PinOptions = { readonly pinFile?: string; readonly newPinFile?: string; readonly pukFile?: string };
type DuressOptions = { readonly pukFile?: string; readonly duressPinFile?: string; readonly remove?: true };

/** `bsim pin`: the card's PIN. Secrets come from a file, the environment or a prompt, never from the arguments. */
export function registerPin(program: Command): void {
  const pin = program
    .command('pin')
    .description(
      'the PIN of the card; from a prompt, BSIM_PIN, BSIM_NEW_PIN, BSIM_PUK, BSIM_DURESS_PIN, or files',
    );

  pin
    .command('verify')
    .description('check the PIN')
    .option('--pin-file <file>', 'file whose first line is the PIN')
    .action(
      action(({ print, withCard }, options: PinOptions) =>
        withCard(({ sim }) =>
          withSecrets([pinSource(options.pinFile)], async (current) => {
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
            async (current, next) => {
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
          withSecrets([pukSource(options.pukFile), newPinSource(options.newPinFile)], async (puk, next) => {
            await sim.resetRetryCounter(puk, next);
            print.result({ unblocked: true }, () => 'PIN unblocked and set');
          }),
        ),
      ),
    );

  pin
    .command('duress')
    .description(
      'set a second PIN, which opens decoy wallets and looks like the first in everything, with the PUK',
    )
    .option('--puk-file <file>', 'file whose first line is the PUK')
    .option('--duress-pin-file <file>', 'file whose first line is the duress PIN (or BSIM_DURESS_PIN)')
    .option('--remove', 'take it away')
    .action(
      action(({ print, withCard }, options: DuressOptions) =>
        withCard(async ({ sim }) => {
          const puk = pukSource(options.pukFile);
          if (options.remove === true)
            await withSecrets([puk], (digits) => sim.setDuressPin(digits, undefined));
          else
            await withSecrets([puk, duressPinSource(options.duressPinFile)], (digits, duressPin) =>
              sim.setDuressPin(digits, duressPin),
            );
          const isSet = options.remove !== true;
          print.result({ duressPin: isSet }, () => (isSet ? 'duress PIN set' : 'duress PIN removed'));
        }),
      ),
    );
}
