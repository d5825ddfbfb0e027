// SPDX-License-Identifier: Apache-2.0
import { type Command, Option } from 'commander';
import { attachVpcd, type Card, createCard, listenVpcd, openCardFile } from '../../../applet-sim/index.ts';
import { formatHostPort, type HostPort, parseHostPort } from '../../../host/host-port.ts';
import type { Confirmation } from '../../../protocol/commands/blockchain-sim/get-data.ts';
import { type CardHash, cardHashNames } from '../../../protocol/crypto/card-hash.ts';
import { wipeKeySet } from '../../../protocol/scp03/key-set.ts';
import { readKeySet } from '../admin-keys.ts';
import { tellFault } from '../emulated-card.ts';
import { badOption, integerOption, someOf } from '../options.ts';
import type { Printer } from '../print.ts';
import { action } from '../run.ts';
import { untilInterrupted } from '../until-interrupted.ts';

type RunOptions = {
  readonly card: string;
  readonly attach: 'vpcd';
  readonly listen?: HostPort;
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
      'plug an emulated card into the PC/SC daemon (pcscd with the driver vsmartcard-vpcd), or let it listen for readers, until Ctrl-C',
    )
    .requiredOption('--card <file>', 'file of the card; a blank card is made when it does not exist')
    .addOption(new Option('--attach <how>', 'how to plug it in').choices(['vpcd']).default('vpcd'))
    .addOption(
      new Option(
        '--listen <host:port>',
        'listen there for --reader tcp:HOST:PORT instead; port 0 takes a free one, and whoever reaches it can use the card',
      )
        .argParser(listenOption)
        .conflicts(['attach', 'host', 'port']),
    )
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
          if (options.listen === undefined) await attach(card, options, print);
          else await listen(card, options.listen, options.card, print);
        } finally {
          card.close();
          if (keySet !== undefined) wipeKeySet(keySet);
        }
      }),
    );
}

/** Keeps the card in the virtual reader of a driver until Ctrl-C. */
async function attach(card: Card, options: RunOptions, print: Printer): Promise<void> {
  const { host, port } = options;
  const attachment = attachVpcd(card, { host, port });
  await attachment.inserted;
  print.result({ card: options.card, attached: formatHostPort({ host, port }) }, () =>
    [
      `${options.card} is in the virtual reader at ${formatHostPort({ host, port })}; Ctrl-C takes it out`,
      'in another terminal:  bsim reader list',
    ].join('\n'),
  );
  await Promise.race([attachment.closed, untilInterrupted()]);
  await attachment.close();
}

/** Lets readers come to the card until Ctrl-C. */
async function listen(card: Card, address: HostPort, file: string, print: Printer): Promise<void> {
  const listener = await listenVpcd(card, address);
  const reader = `tcp:${formatHostPort({ ...address, port: listener.port })}`;
  print.result({ card: file, reader }, () =>
    [
      `${file} listens at ${reader}; Ctrl-C takes it out`,
      `in another terminal:  bsim card info --reader ${reader}`,
    ].join('\n'),
  );
  await Promise.race([listener.closed, untilInterrupted()]);
  await listener.close();
}

function listenOption(text: string): HostPort {
  const address = parseHostPort(text);
  if (address !== undefined) return address;
  throw badOption('--listen', text, 'HOST:PORT such as 127.0.0.1:35963, with an IPv6 address in brackets');
}
