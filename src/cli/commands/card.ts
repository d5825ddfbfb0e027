// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import { toUpperHex } from '../../../protocol/bytes.ts';
import { facts } from '../print.ts';
import { action } from '../run.ts';

/** `bsim card`: the card itself. */
export function registerCard(program: Command): void {
  const card = program.command('card').description('the card in the reader');
  card
    .command('info')
    .description('show what the card is, can and holds; needs no PIN')
    .action(
      action(({ print, withCard }) =>
        withCard(async ({ sim, transport }) => {
          const information = await sim.applicationInformation();
          const keys = await sim.keyDirectory();
          const iccid = information.lifeCycle === 'personalised' ? await sim.iccid() : null;
          const value = {
            reader: transport.name,
            atr: transport.atr ?? null,
            iccid,
            version: [...information.version].join('.'),
            lifeCycle: information.lifeCycle,
            algorithms: information.algorithms,
            keySlots: information.keySlots,
            keys,
            pinTries: information.pinTries,
            pukTries: information.pukTries,
          };
          print.result(value, () =>
            facts([
              ['reader', value.reader],
              ['ATR', value.atr === null ? 'not shown by this reader' : toUpperHex(value.atr)],
              ['ICCID', iccid ?? 'none: the card is blank'],
              ['application', `Blockchain SIM ${value.version}, ${value.lifeCycle}`],
              ['algorithms', value.algorithms.join(', ')],
              ['keys', `${keys.length} of ${value.keySlots} slots`],
              ['PIN tries left', `${value.pinTries}`],
              ['PUK tries left', `${value.pukTries}`],
            ]),
          );
        }),
      ),
    );
}
