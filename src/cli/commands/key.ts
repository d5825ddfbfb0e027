// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import { toHex } from '../../../protocol/bytes.ts';
import type { Curve } from '../../../protocol/crypto/curve.ts';
import { publicKeyToPem } from '../../../protocol/crypto/public-key.ts';
import { addressOf, formatAddress } from '../../chain/address.ts';
import { curveOption, keyOption } from '../options.ts';
import { facts, table } from '../print.ts';
import { action } from '../run.ts';

type GenerateOptions = { readonly key: number; readonly curve: Curve; readonly pinFile?: string };

/** `bsim key`: the keys on the card. */
export function registerKey(program: Command): void {
  const key = program.command('key').description('keys on the card; private keys never leave it');

  key
    .command('generate')
    .description('generate a key pair in an empty slot')
    .option('--key <reference>', 'key slot, 1 to 16', keyOption, 1)
    .option('--curve <curve>', 'P-256, secp256k1 or Ed25519', curveOption, 'P-256')
    .option('--pin-file <file>', 'file whose first line is the PIN')
    .action(
      action(({ print, withVerifiedCard }, options: GenerateOptions) =>
        withVerifiedCard(options.pinFile, async ({ sim }) => {
          const publicKey = await sim.generateKeyPair(options.key, options.curve);
          const address = formatAddress(addressOf(publicKey));
          print.result(
            { key: options.key, curve: publicKey.curve, publicKey: publicKey.bytes, address },
            () =>
              facts([
                ['key', `${options.key}, ${publicKey.curve}`],
                ['public key', toHex(publicKey.bytes)],
                ['address', address],
              ]),
          );
        }),
      ),
    );

  key
    .command('list')
    .description('list the keys with their addresses; needs no PIN')
    .action(
      action(({ print, withCard }) =>
        withCard(async ({ sim }) => {
          const keys: { key: number; curve: Curve; publicKey: Uint8Array; address: string }[] = [];
          for (const { reference, curve } of await sim.keyDirectory()) {
            const publicKey = await sim.readPublicKey(reference);
            const address = formatAddress(addressOf(publicKey));
            keys.push({ key: reference, curve, publicKey: publicKey.bytes, address });
          }
          print.result({ keys }, () =>
            keys.length === 0
              ? 'no key; make one: bsim key generate --curve P-256'
              : table(
                  ['key', 'curve', 'address'],
                  keys.map((item) => [String(item.key), item.curve, item.address]),
                ),
          );
        }),
      ),
    );

  key
    .command('export')
    .description('print a public key in PEM, as OpenSSL reads it; needs no PIN')
    .option('--key <reference>', 'key slot, 1 to 16', keyOption, 1)
    .action(
      action(({ print, withCard }, options: { readonly key: number }) =>
        withCard(async ({ sim }) => {
          const pem = publicKeyToPem(await sim.readPublicKey(options.key));
          print.result({ key: options.key, pem }, () => pem.trimEnd());
        }),
      ),
    );
}
