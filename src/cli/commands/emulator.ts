// SPDX-License-Identifier: Apache-2.0
import { type Command, Option } from 'commander';
import { attachVpcd, createCard, openCardFile } from '../../../applet-sim/index.ts';
import type { Confirmation } from '../../../protocol/commands/blockchain-sim/get-data.ts';
import { type CardHash, cardHashNames } from '../../../protocol/crypto/card-hash.ts';
import { wipeKeySet } from '../../../protocol/scp03/key-set.ts';
import { readKeySet } from '../admin-keys.ts';
import { tellFault } from '../emulated-card.ts';
import { integerOption, someOf } from '../options.ts';
import { action } from '../run.ts';
import { untilInterrupted } from '../until-interrupted.ts';

type RunOptions = {
  readonly card: string;
  readonly attach: 'vpcd';
  readonly profile: 't0' | 't1';
  readonly confirmation: Confirmation;
  readonly hashes: readonly CardHash[];
  readonly scp03: 'S8' | 'S16';
  readonly keySet?: string;
  readonly host: string;
  readonly port: number;
};

/** `bsim emulator`: emulated cards. */
export function registerEmulator(program: Command): void {
  const emulator = program.command('emulator').description('emulated cards');
  emulator
    .command('run')
    .description(
      'plug an emulated card into the PC/SC daemon (pcscd with the driver vsmartcard-vpcd) until Ctrl-C',
    )
    .requiredOption('--card <file>', 'file of the card; a blank card is made when it does not exist')
    .addOption(new Option('--attach <how>', 'how to plug it in').choices(['vpcd']).default('vpcd'))
    .addOption(
      new Option('--profile <profile>', 'transmission protocol of its ATR')
        .choices(['t1', 't0'])
        .default('t1'),
    )
    .addOption(
      new Option('--confirmation <how>', 'how it has transactions confirmed: on a screen, or by the PIN')
        .choices(['pin', 'terminal'])
        .default('pin'),
    )
    .option('--hashes <list>', 'hashes that it has', someOf('--hashes', cardHashNames), cardHashNames)
    .addOption(
      new Option('--scp03 <mode>', 'length of cryptograms and MACs in its secure channel: 8 or 16 bytes')
        .choices(['S8', 'S16'])
        .default('S8'),
    )
    .option(
      '--key-set <file>',
      "key set of a blank card, as --admin-keys has it; GlobalPlatform's public test keys when left out",
    )
    .option('--host <address>', 'where the driver listens', '127.0.0.1')
    .option(
      '--port <port>',
      'port of the driver: 35963 first slot, 35964 second',
      integerOption('--port', 1, 65535),
      35963,
    )
    .action(
      action(async ({ print }, options: RunOptions) => {
        const keySet = options.keySet === undefined ? undefined : readKeySet(options.keySet, print);
        const card = createCard({
          memory: openCardFile(options.card),
          profile: options.profile,
          confirmation: options.confirmation,
          hashes: options.hashes,
          scp03: { mode: options.scp03 },
          ...(keySet === undefined ? {} : { keySets: [keySet] }),
          onFault: tellFault,
        });
        try {
          const { host, port } = options;
          const attachment = attachVpcd(card, { host, port });
          await attachment.inserted;
          print.result({ card: options.card, attached: `${host}:${port}` }, () =>
            [
              `${options.card} is in the virtual reader at ${host}:${port}; Ctrl-C takes it out`,
              'in another terminal:  bsim reader list',
            ].join('\n'),
          );
          await Promise.race([attachment.closed, untilInterrupted()]);
          await attachment.close();
        } finally {
          card.close();
          if (keySet !== undefined) wipeKeySet(keySet);
        }
      }),
    );
}
