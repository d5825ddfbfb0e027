// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import type { KeyEntry } from '../../../host/clients/blockchain-sim.ts';
import { encodeExtendedPublicKey } from '../../../host/wallet/extended-public-key.ts';
import { toHex, wipe } from '../../../protocol/bytes.ts';
import { flagNames } from '../../../protocol/commands/blockchain-sim/key-policy.ts';
import { usageNames } from '../../../protocol/commands/blockchain-sim/key-role.ts';
import { type CardPublicKey, cardPublicKeyToPem } from '../../../protocol/crypto/card-curve.ts';
import { accountText } from '../account-text.ts';
import { withAdministratorOptions } from '../administrator.ts';
import { keyEntry, pathOf } from '../card-key.ts';
import type { Context, HolderOptions } from '../context.ts';
import { readPublicKey } from '../key-file.ts';
import { policyLines } from '../key-policy-options.ts';
import { writeNewFile } from '../new-file.ts';
import { badOption, hexOption, keyOption } from '../options.ts';
import { facts, table } from '../print.ts';
import { action } from '../run.ts';

type PathOptions = HolderOptions & { readonly key: number; readonly path?: string };
type ExportOptions = PathOptions & { readonly extended?: true };
type AgreeOptions = HolderOptions & {
  readonly key: number;
  readonly peer: string;
  readonly info?: Uint8Array;
  readonly out: string;
};

const PATH_HELP = "key of a wallet, such as m/44'/60'/0'/0/0";
/** Most bytes of SharedInfo that a card takes. */
const SHARED_INFO_MAX = 64;

/** The verbs of `bsim key` that read public keys and agree on secrets. */
export function addReadingVerbs(key: Command): void {
  const list = key
    .command('list')
    .description(
      'list the keys: what they may do, how often they signed, addresses; those of wallets need the PIN',
    )
    .option('--pin-file <file>', 'file whose first line is the PIN (or BSIM_PIN); not asked for');
  withAdministratorOptions(list).action(
    action((context, options: HolderOptions) => listKeys(context, options)),
  );

  const exported = key
    .command('export')
    .description(
      'print a public key in PEM, as OpenSSL reads it, or the xpub of a wallet; only wallets need the PIN',
    )
    .option('--key <reference>', 'key slot, 1 to 16', keyOption, 1)
    .option('--path <path>', PATH_HELP)
    .option('--extended', 'xpub (BIP-32) of a wallet on secp256k1: whoever has it follows all its payments')
    .option('--pin-file <file>', 'file whose first line is the PIN');
  withAdministratorOptions(exported).action(
    action((context, options: ExportOptions) => exportKey(context, options)),
  );

  const derive = key
    .command('derive')
    .description('show public key and address of a key of a wallet')
    .option('--key <reference>', 'key slot, 1 to 16', keyOption, 1)
    .requiredOption('--path <path>', PATH_HELP)
    .option('--pin-file <file>', 'file whose first line is the PIN');
  withAdministratorOptions(derive).action(
    action(({ print, withHolder }, options: PathOptions) =>
      withHolder(options, async ({ sim }) => {
        const { key: reference, path = 'm' } = options;
        const publicKey = await sim.readPublicKey(reference, pathOf(options));
        const { curve, bytes } = publicKey;
        const address = accountText(publicKey) ?? null;
        print.result({ key: reference, path, curve, publicKey: bytes, address }, () =>
          facts([
            ['key', `${reference}, ${path}, ${curve}`],
            ['public key', toHex(bytes)],
            ['address', address ?? 'none'],
          ]),
        );
      }),
    ),
  );

  const agree = key
    .command('agree')
    .description('write the secret shared with the holder of another key to a new file, 32 bytes')
    .option('--key <reference>', 'slot of an agreement key, 1 to 16', keyOption, 1)
    .requiredOption('--peer <file>', "the other's public key, PEM")
    .option(
      '--info <hex>',
      'SharedInfo: gives a key derived by X9.63 with SHA-256 in place of the x coordinate',
      hexOption('--info', 0, SHARED_INFO_MAX),
    )
    .requiredOption('--out <file>', 'new file for the secret; it is never printed')
    .option('--pin-file <file>', 'file whose first line is the PIN');
  withAdministratorOptions(agree).action(
    action(({ print, withHolder }, options: AgreeOptions) =>
      withHolder(options, async ({ sim }) => {
        const { key: reference, info, out } = options;
        const { curve } = await sim.readPublicKey(reference);
        const peer = readPublicKey(options.peer, curve);
        const secret = await sim.agree(reference, peer, info === undefined ? {} : { sharedInfo: info });
        try {
          writeNewFile(out, secret, 'shared secret');
        } finally {
          wipe(secret);
        }
        print.result({ key: reference, curve, out }, () => `shared secret of 32 bytes in ${out}`);
      }),
    ),
  );
}

/** A key of the directory, and its public key where it may be read. */
type Listed = { readonly entry: KeyEntry; readonly publicKey?: CardPublicKey };

async function listKeys({ print, withHolderIfGiven }: Context, options: HolderOptions): Promise<void> {
  await withHolderIfGiven(options, async ({ sim }, isHolder) => {
    const listed: Listed[] = [];
    for (const entry of await sim.keyDirectory()) {
      const isReadable = entry.role !== 'wallet' || isHolder;
      const { reference, curve } = entry;
      listed.push(
        isReadable ? { entry, publicKey: await sim.readPublicKey(reference, { curve }) } : { entry },
      );
    }
    print.result({ keys: listed.map(keyJson) }, () =>
      listed.length === 0
        ? 'no key; make one: bsim key generate --curve P-256'
        : table(
            ['key', 'role', 'curve', 'policy', 'signatures', 'address'],
            listed.map(({ entry, publicKey }) => [
              String(entry.reference),
              entry.origin === 'imported' ? `${entry.role}, imported` : entry.role,
              entry.curve,
              entry.role === 'agreement'
                ? usageNames(entry.usage).join(', ')
                : policyLines(entry.policy, entry.spent).join('\n'),
              String(entry.signatures),
              publicKey === undefined ? 'behind the PIN' : (accountText(publicKey) ?? ''),
            ]),
          ),
    );
  });
}

const keyJson = ({ entry, publicKey }: Listed) => ({
  key: entry.reference,
  role: entry.role,
  curve: entry.curve,
  origin: entry.origin,
  usage: usageNames(entry.usage),
  allows: flagNames(entry.policy),
  messageTypes: entry.policy.messageTypes,
  limit: entry.policy.limit ?? null,
  signatures: entry.signatures,
  spent: entry.spent,
  publicKey: publicKey?.bytes ?? null,
  address: (publicKey === undefined ? undefined : accountText(publicKey)) ?? null,
});

async function exportKey({ print, withCard, withHolder }: Context, options: ExportOptions): Promise<void> {
  const { key: reference, extended, path = 'm' } = options;
  const isWallet = await withCard(async ({ sim }) => (await keyEntry(sim, reference))?.role === 'wallet');
  if (extended === true) {
    await withHolder(options, async ({ sim }) => {
      const { publicKey, ...derived } = await sim.readExtendedPublicKey(reference, pathOf(options));
      if (publicKey.curve !== 'secp256k1')
        throw badOption('--extended', publicKey.curve, 'a wallet on secp256k1, which xpub is for');
      const xpub = encodeExtendedPublicKey(derived);
      print.result({ key: reference, path, xpub }, () => xpub);
    });
    return;
  }
  const open = isWallet ? (work: Parameters<typeof withCard>[0]) => withHolder(options, work) : withCard;
  await open(async ({ sim }) => {
    const pem = cardPublicKeyToPem(await sim.readPublicKey(reference, pathOf(options)));
    print.result({ key: reference, path, pem }, () => pem.trimEnd());
  });
}
