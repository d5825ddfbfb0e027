// SPDX-License-Identifier: Apache-2.0
import { type Command, Option } from 'commander';
import { attachVpcd, createCard, openCardFile } from '../../../applet-sim/index.ts';
import { tellFault } from '../context.ts';
import { integerOption } from '../options.ts';
import { action } from '../run.ts';
import { untilInterrupted } from '../until-interrupted.ts';

type RunOptions = {
  readonly card: string;
  readonly attach: 'vpcd';
  readonly profile: 't0' | 't1';
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
    .option('--host <address>', 'where the driver listens', '127.0.0.1')
    .option(
      '--port <port>',
      'port of the driver: 35963 first slot, 35964 second',
      integerOption('--port', 1, 65535),
      35963,
    )
    .action(
      action(async ({ print }, options: RunOptions) => {
        const card = createCard({
          memory: openCardFile(options.card),
          profile: options.profile,
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
        }
      }),
    );
}
