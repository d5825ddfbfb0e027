// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import { listPcscReaders } from '../../../host/transports/pcsc.ts';
import { toUpperHex } from '../../../protocol/bytes.ts';
import { table } from '../print.ts';
import { action } from '../run.ts';

/** `bsim reader`: the readers of this computer. */
export function registerReader(program: Command): void {
  const reader = program.command('reader').description('readers of this computer');
  reader
    .command('list')
    .description('list PC/SC readers and the ATR of the card in each')
    .action(
      action(async ({ print }) => {
        const readers = (await listPcscReaders()).map(({ name, atr }) => ({
          uri: `pcsc:${name}`,
          atr: atr ?? null,
        }));
        print.result({ readers }, () =>
          readers.length === 0
            ? 'no reader; emulated cards need none: --reader emulator:a.card'
            : table(
                ['reader', 'ATR'],
                readers.map(({ uri, atr }) => [uri, atr === null ? 'no card' : toUpperHex(atr)]),
              ),
        );
      }),
    );
}
