// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import type { BlockchainSim } from '../../../host/clients/blockchain-sim.ts';
import { toHex } from '../../../protocol/bytes.ts';
import { computeDigitalSignature } from '../../../protocol/commands/blockchain-sim/security-operation.ts';
import { type CardPublicKey, cardCurves } from '../../../protocol/crypto/card-curve.ts';
import { type CardHash, cardHashes, cardHashNames } from '../../../protocol/crypto/card-hash.ts';
import { signatureToDer } from '../../../protocol/crypto/signature-der.ts';
import { withAdministratorOptions } from '../administrator.ts';
import { pathOf } from '../card-key.ts';
import { requireSignature } from '../card-signature.ts';
import type { HolderOptions } from '../context.ts';
import { CliError } from '../errors.ts';
import { badOption, keyOption, oneOf } from '../options.ts';
import { readNamedFile } from '../read-file.ts';
import { action } from '../run.ts';

/** An Ed25519 key signs the message itself, which must fit into the card. */
const ED25519_MESSAGE_MAX = computeDigitalSignature.data.max;

type SignOptions = HolderOptions & {
  readonly key: number;
  readonly path?: string;
  readonly hash?: CardHash;
  readonly digest?: true;
  readonly format: 'der' | 'raw';
  readonly out?: string;
};

/** `bsim sign`: signs a file with a key of the card. */
export function registerSign(program: Command): void {
  const sign = program
    .command('sign')
    .description('sign a file, which the card hashes itself; Ed25519 signs its bytes (at most 4,096)')
    .argument('<file>', 'file to sign')
    .option('--key <reference>', 'key slot, 1 to 16', keyOption, 1)
    .option('--path <path>', "key of a wallet, such as m/44'/60'/0'/0/0")
    .option(
      '--hash <hash>',
      `hash that the card declares: ${cardHashNames.join(', ')}; SHA-256, or SM3 for SM2, when left out`,
      (text) => oneOf('--hash', cardHashNames, text),
    )
    .option(
      '--digest',
      'the file is a digest, signed blindly: only where the policy of the key allows digests',
    )
    .addOption(
      new Option('--format <format>', 'raw r‖s, or DER as OpenSSL takes it')
        .choices(['der', 'raw'])
        .default('der'),
    )
    .option('--out <file>', 'write the signature there as bytes instead of printing it')
    .option('--pin-file <file>', 'file whose first line is the PIN');
  withAdministratorOptions(sign).action(
    action(({ print, withHolder }, options: SignOptions, file: string) =>
      withHolder(options, async ({ sim }) => {
        const publicKey = await sim.readPublicKey(options.key, pathOf(options));
        const { curve } = publicKey;
        const content = readNamedFile(file);
        const raw =
          options.digest === true
            ? await signDigest(sim, publicKey, options, content, file)
            : await signMessage(sim, publicKey, options, content, file);
        const signature = options.format === 'der' && curve !== 'Ed25519' ? signatureToDer(raw) : raw;
        if (options.out !== undefined) writeNamedFile(options.out, signature);
        print.result({ file, key: options.key, curve, signature }, () =>
          options.out === undefined
            ? toHex(signature)
            : `signature of ${signature.length} bytes in ${options.out}`,
        );
      }),
    ),
  );
}

async function signMessage(
  sim: BlockchainSim,
  publicKey: CardPublicKey,
  options: SignOptions,
  message: Uint8Array,
  file: string,
): Promise<Uint8Array> {
  const { key: reference, hash } = options;
  const { curve } = publicKey;
  if (curve === 'Ed25519') {
    if (hash !== undefined)
      throw badOption('--hash', hash, 'none for a key on Ed25519, which hashes by its own rules');
    if (message.length > ED25519_MESSAGE_MAX)
      throw badOption(
        file,
        `a file of ${message.length} bytes`,
        `at most ${ED25519_MESSAGE_MAX} for a key on ${curve}`,
      );
  }
  const named = hash === undefined ? {} : { hash };
  const signature = await sim.signMessage(reference, message, { ...pathOf(options), ...named, curve });
  requireSignature(reference, publicKey, { message, ...named }, signature);
  return signature;
}

async function signDigest(
  sim: BlockchainSim,
  publicKey: CardPublicKey,
  options: SignOptions,
  digest: Uint8Array,
  file: string,
): Promise<Uint8Array> {
  const { key: reference } = options;
  const { curve } = publicKey;
  if (curve === 'Ed25519') throw badOption('--digest', curve, 'a key on a curve that signs digests');
  const { hash = cardCurves[curve].hash } = options;
  const { length } = cardHashes[hash];
  if (digest.length !== length)
    throw badOption(file, `a file of ${digest.length} bytes`, `the ${length} bytes of a digest by ${hash}`);
  const signature = await sim.computeDigitalSignature(reference, digest, { ...pathOf(options), hash });
  requireSignature(reference, publicKey, { digest }, signature);
  return signature;
}

function writeNamedFile(file: string, bytes: Uint8Array): void {
  try {
    writeFileSync(file, bytes);
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown';
    throw new CliError(
      'cli/file-not-written',
      `signature not written: found ${reason} at ${file}, expected a file that can be written`,
      { file, reason },
      { cause },
    );
  }
}
