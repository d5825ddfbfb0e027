// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { toHex } from '../../../protocol/bytes.ts';
import { computeDigitalSignature } from '../../../protocol/commands/blockchain-sim/security-operation.ts';
import { curves } from '../../../protocol/crypto/curve.ts';
import { signatureToDer } from '../../../protocol/crypto/signature-der.ts';
import { cardKey } from '../card-key.ts';
import { CliError } from '../errors.ts';
import { badOption, keyOption } from '../options.ts';
import { readNamedFile } from '../read-file.ts';
import { action } from '../run.ts';

/** An Ed25519 key signs the message itself, which must fit into the card. */
const ED25519_MESSAGE_MAX = computeDigitalSignature.data.max;

type SignOptions = {
  readonly key: number;
  readonly format: 'der' | 'raw';
  readonly out?: string;
  readonly pinFile?: string;
};

/** `bsim sign`: signs a file with a key of the card. */
export function registerSign(program: Command): void {
  program
    .command('sign')
    .description('sign a file: ECDSA over its SHA-256, or Ed25519 over its bytes (at most 4,096)')
    .argument('<file>', 'file to sign')
    .option('--key <reference>', 'key slot, 1 to 16', keyOption, 1)
    .addOption(
      new Option('--format <format>', 'raw r‖s, or DER as OpenSSL takes it')
        .choices(['der', 'raw'])
        .default('der'),
    )
    .option('--out <file>', 'write the signature there as bytes instead of printing it')
    .option('--pin-file <file>', 'file whose first line is the PIN')
    .action(
      action(({ print, withVerifiedCard }, options: SignOptions, file: string) =>
        withVerifiedCard(options.pinFile, async ({ sim }) => {
          const signer = await cardKey(sim, options.key);
          const { curve } = signer.publicKey;
          const message = readNamedFile(file);
          if (curves[curve].signs === 'message' && message.length > ED25519_MESSAGE_MAX) {
            const found = `a file of ${message.length} bytes`;
            throw badOption(file, found, `at most ${ED25519_MESSAGE_MAX} for a key on ${curve}`);
          }
          const raw = await signer.sign(message);
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
