// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import { fromUtf8, toHex, wipe } from '../../../protocol/bytes.ts';
import { hasFlag } from '../../../protocol/commands/blockchain-sim/key-policy.ts';
import type { CardCurve, CardPublicKey } from '../../../protocol/crypto/card-curve.ts';
import { accountText } from '../account-text.ts';
import { withAdministratorOptions } from '../administrator.ts';
import { keyEntry } from '../card-key.ts';
import type { HolderOptions } from '../context.ts';
import { requireAgreement } from '../holder-terminal.ts';
import { readHexSecret, readPrivateKey } from '../key-file.ts';
import { type NewKeyOptions, newKeyOf, withNewKeyOptions } from '../key-policy-options.ts';
import { badOption, curveOption, keyOption } from '../options.ts';
import { facts, type Printer } from '../print.ts';
import { action } from '../run.ts';
import { isGiven, mnemonicSource, passphraseSource, readSecret, withSecrets } from '../secret-input.ts';

type MakeOptions = HolderOptions & NewKeyOptions & { readonly key: number; readonly curve: CardCurve };
type ImportOptions = HolderOptions &
  NewKeyOptions & {
    readonly key: number;
    readonly curve?: CardCurve;
    readonly mnemonicFile?: string;
    readonly passphraseFile?: string;
    readonly keyFile?: string;
  };
type SlotOptions = HolderOptions & { readonly key: number; readonly yes?: true };

/** The verbs of `bsim key` that make, bring in and take away keys. */
export function addMakingVerbs(key: Command): void {
  const generate = key
    .command('generate')
    .description('generate a key, or the seed of a wallet, in an empty slot')
    .option('--key <reference>', 'key slot, 1 to 16', keyOption, 1)
    .option(
      '--curve <curve>',
      'curve that the card declares, such as P-256, secp256k1, Ed25519',
      curveOption,
      'P-256',
    )
    .option('--pin-file <file>', 'file whose first line is the PIN');
  withAdministratorOptions(withNewKeyOptions(generate, 'identity')).action(
    action(({ print, withHolder }, options: MakeOptions) => {
      const { key: reference, curve } = options;
      const made = newKeyOf(options);
      return withHolder(options, async ({ sim }) => {
        showKey(print, reference, made.role, await sim.generateKeyPair(reference, curve, made));
      });
    }),
  );
  addImport(key);

  const remove = key
    .command('delete')
    .description('erase a key for ever; the holder may where its policy says so, the administrator always')
    .option('--key <reference>', 'key slot, 1 to 16', keyOption, 1)
    .option('--yes', 'do it without asking')
    .option('--pin-file <file>', 'file whose first line is the PIN');
  withAdministratorOptions(remove).action(
    action(async ({ print, withHolder, withAdministrator, withCard }, options: SlotOptions) => {
      const { key: reference } = options;
      // Looked at first: who is to agree, and whose keys are asked for, depends on the key.
      const entry = await withCard(({ sim }) => keyEntry(sim, reference));
      const what =
        entry === undefined ? `key ${reference}` : `${entry.role} key ${reference} on ${entry.curve}`;
      await requireAgreement(options.yes, 'key delete', `Erase ${what} for ever?`);
      const isForHolder = entry === undefined || hasFlag(entry.policy, 'holderDeletes');
      const open = isForHolder ? withHolder : withAdministrator;
      await open(options, ({ sim }) => sim.deleteKey(reference));
      print.result({ key: reference, deleted: true }, () => `key ${reference} erased`);
    }),
  );

  const reset = key
    .command('reset-limit')
    .description("begin the count of a key's cumulative limit anew; for the administrator")
    .option('--key <reference>', 'key slot, 1 to 16', keyOption, 1);
  withAdministratorOptions(reset).action(
    action(({ print, withAdministrator }, options: SlotOptions) =>
      withAdministrator(options, async ({ sim }) => {
        await sim.resetLimit(options.key);
        print.result({ key: options.key, spent: 0n }, () => `the count of key ${options.key} is 0`);
      }),
    ),
  );
}

function addImport(key: Command): void {
  const command = key
    .command('import')
    .description(
      'put the seed of a wallet, from a mnemonic (BIP-39), or an agreement key into an empty slot; for administrator and holder together',
    )
    .option('--key <reference>', 'key slot, 1 to 16', keyOption, 1)
    .option('--curve <curve>', 'curve; that of the PEM file, or secp256k1, when left out', curveOption)
    .option('--mnemonic-file <file>', 'file whose first line is the mnemonic (or BSIM_MNEMONIC, or a prompt)')
    .option(
      '--passphrase-file <file>',
      'file whose first line is its passphrase (or BSIM_MNEMONIC_PASSPHRASE)',
    )
    .option(
      '--key-file <file>',
      'agreement key: PEM, or hexadecimal digits; wallet: its seed in hexadecimal digits',
    )
    .option('--pin-file <file>', 'file whose first line is the PIN');
  withAdministratorOptions(withNewKeyOptions(command, 'wallet')).action(
    action(({ print, withAdministratorAndHolder }, options: ImportOptions) => {
      const { key: reference } = options;
      const made = newKeyOf(options);
      if (made.role === 'identity') throw badOption('--role', made.role, 'wallet or agreement');
      return withAdministratorAndHolder(options, async ({ sim }) => {
        const { curve, secret } = await readImported(options);
        try {
          showKey(print, reference, made.role, await sim.importKey(reference, curve, secret, made));
        } finally {
          wipe(secret);
        }
      });
    }),
  );
}

type Imported = { readonly curve: CardCurve; readonly secret: Uint8Array };

async function readImported(options: ImportOptions): Promise<Imported> {
  const { role, curve, keyFile } = options;
  if (role === 'wallet') {
    const secret = keyFile === undefined ? await readMnemonic(options) : readHexSecret(keyFile, 16, 64);
    return { curve: curve ?? 'secp256k1', secret };
  }
  if (keyFile === undefined) throw badOption('--key-file', '', 'a file with the agreement key');
  return readPrivateKey(keyFile, curve);
}

/** The seed of the mnemonic. The passphrase is asked for only where the mnemonic was. */
async function readMnemonic({ mnemonicFile, passphraseFile }: ImportOptions): Promise<Uint8Array> {
  const words = mnemonicSource(mnemonicFile);
  const beside = passphraseSource(passphraseFile);
  const hasNone = isGiven(words) && !isGiven(beside);
  return withSecrets([words], async (mnemonic) => {
    const passphrase = hasNone ? new Uint8Array(0) : await readSecret(beside);
    try {
      // Loaded here: its list of words is long.
      const { seedOfMnemonic } = await import('../../../host/wallet/mnemonic.ts');
      return seedOfMnemonic(fromUtf8(mnemonic), fromUtf8(passphrase));
    } finally {
      wipe(passphrase);
    }
  });
}

function showKey(print: Printer, reference: number, role: string, publicKey: CardPublicKey): void {
  const { curve, bytes } = publicKey;
  const address = accountText(publicKey);
  print.result({ key: reference, role, curve, publicKey: bytes, address: address ?? null }, () =>
    facts([
      ['key', `${reference}, ${role}, ${curve}`],
      [role === 'wallet' ? 'master public key' : 'public key', toHex(bytes)],
      ['address', address ?? 'none: transactions are not signed on this curve'],
    ]),
  );
}
