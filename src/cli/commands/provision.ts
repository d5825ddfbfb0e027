// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import type { Command } from 'commander';
import { fromUtf8 } from '../../../protocol/bytes.ts';
import { addressOf, formatAddress } from '../../chain/address.ts';
import { publicTestKeys, readAdminKeys } from '../admin-keys.ts';
import { anchorIdentity } from '../anchor.ts';
import type { Batch } from '../batch.ts';
import { CliError } from '../errors.ts';
import { readOperatorKey } from '../operator-key.ts';
import { type Printer, table } from '../print.ts';
import { readNamedFile } from '../read-file.ts';
import { action } from '../run.ts';

type ProvisionOptions = {
  readonly cards: string;
  readonly operatorKey: string;
  readonly transportKey: string;
  readonly cardKeys: string;
  readonly ca: string;
  readonly initialKeys?: string;
  readonly response?: string;
  readonly resume?: true;
};

/** `bsim provision`: a whole order of cards. */
export function registerProvision(program: Command): void {
  program
    .command('provision')
    .description(
      'make the cards of an order: keys made and attested on the card, identities on the chain, PIN and PUK sealed, own administrator keys; emulated cards, or with --reader those that are put into it one after the other',
    )
    .argument('<order>', 'order file, CSV with the columns iccid, imsi, msisdn, issuer, curve')
    .requiredOption(
      '--cards <directory>',
      'directory for the journal of the batch, and for emulated cards, one file each',
    )
    .requiredOption(
      '--operator-key <file>',
      'key that signs the transactions and controls the identities, PEM',
    )
    .requiredOption('--transport-key <file>', 'public key that PINs and PUKs are sealed to, PEM, EC on P-256')
    .requiredOption(
      '--card-keys <file>',
      'master key that the keys of each card come from: bsim card keys new',
    )
    .requiredOption('--ca <directory>', 'issuing authority that certifies the cards: bsim ca init')
    .option(
      '--initial-keys <file>',
      "keys of blank cards; emulated ones have GlobalPlatform's public test keys when it is left out",
    )
    .option('--response <file>', 'response file to write; response.csv in the directory of cards by default')
    .option('--resume', 'go on with the batch that was begun in this directory')
    .action(
      action(async ({ print, node, readerOption, openReader }, options: ProvisionOptions, order: string) => {
        requireInitialKeys(options, readerOption);
        const operator = readOperatorKey(options.operatorKey);
        const response = options.response ?? join(options.cards, 'response.csv');
        // Loaded here: every other command would pay for certificates and files of orders at its start.
        const { provisionBatch } = await import('../batch.ts');
        const { emulatedCards } = await import('../card-source.ts');
        const { cardsInReader } = await import('../cards-in-reader.ts');
        const issuer = await openIssuer(options, print);
        const { genesisHash } = await node.status();
        const finished = await provisionBatch(
          {
            order,
            cards: options.cards,
            source:
              readerOption === undefined
                ? emulatedCards(options.cards, issuer.initialKeys)
                : cardsInReader(async () => (await openReader()).transport, print),
            response,
            transportKey: fromUtf8(readNamedFile(options.transportKey)),
            ...issuer,
            binding: [genesisHash, formatAddress(addressOf(operator.publicKey))],
            resume: options.resume === true,
            anchor: (holder) => anchorIdentity(node, operator, holder),
          },
          print,
        ).finally(() => {
          issuer.cardKeys.wipe();
          issuer.initialKeys.wipe();
        });
        print.result({ response, cards: finished.map(({ secrets: _sealed, ...card }) => card) }, () =>
          [
            table(
              ['ICCID', 'issuer', 'curve', 'serial', 'height'],
              finished.map(({ iccid, issuer, curve, cardSerial, height }) => [
                iccid,
                issuer,
                curve,
                cardSerial,
                height,
              ]),
            ),
            `${finished.length} cards of ${options.cards}, response file ${response}`,
          ].join('\n'),
        );
      }),
    );
}

/** A card in a reader is somebody's: each key that it has not is one of few tries. */
function requireInitialKeys({ initialKeys }: ProvisionOptions, reader: string | undefined): void {
  if (reader === undefined || initialKeys !== undefined) return;
  throw new CliError(
    'cli/bad-option',
    'batch not begun: found no --initial-keys, expected those of the cards that are put into the reader',
    { option: '--initial-keys', reason: 'missing' },
  );
}

/** What the issuer of the cards has: keys, old and new, and the authority that certifies. */
async function openIssuer(
  options: ProvisionOptions,
  print: Printer,
): Promise<Pick<Batch, 'authority' | 'root' | 'cardKeys' | 'initialKeys'>> {
  const { openIssuingCa, readCaCertificates } = await import('../issuing-ca.ts');
  const { root } = readCaCertificates(options.ca);
  const authority = openIssuingCa(options.ca);
  const cardKeys = readAdminKeys(options.cardKeys, print);
  const { initialKeys } = options;
  return {
    ...{ root, authority, cardKeys },
    initialKeys: initialKeys === undefined ? publicTestKeys() : readAdminKeys(initialKeys, print),
  };
}
