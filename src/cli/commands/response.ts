// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import { unsealCardSecrets } from '../../../host/provisioning/card-secrets.ts';
import { findInResponse } from '../../../host/provisioning/response-file.ts';
import { fromUtf8, wipe } from '../../../protocol/bytes.ts';
import { parseIccid } from '../../../protocol/identifiers/iccid.ts';
import { facts } from '../print.ts';
import { readNamedFile } from '../read-file.ts';
import { action } from '../run.ts';

/** `bsim response`: what `bsim provision` hands to the operator. */
export function registerResponse(program: Command): void {
  const response = program.command('response').description('response files of bsim provision');
  response
    .command('open')
    .description('show the PIN and PUK of one card, with the private transport key')
    .argument('<file>', 'response file')
    .argument('<iccid>', 'card')
    .requiredOption('--transport-key <file>', 'private transport key, PEM (PKCS#8)')
    .action(
      action(async ({ print }, options: { readonly transportKey: string }, file: string, iccid: string) => {
        const row = findInResponse(fromUtf8(readNamedFile(file)), file, iccid);
        const { pin, puk } = await unsealCardSecrets(
          row.secrets,
          parseIccid(row.iccid),
          fromUtf8(readNamedFile(options.transportKey)),
        );
        const shown = { iccid: row.iccid, pin: fromUtf8(pin), puk: fromUtf8(puk) };
        wipe(pin, puk);
        print.result(shown, () =>
          facts([
            ['ICCID', shown.iccid],
            ['PIN', shown.pin],
            ['PUK', shown.puk],
          ]),
        );
      }),
    );
}
