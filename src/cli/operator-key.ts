// SPDX-License-Identifier: Apache-2.0
import { createPrivateKey } from 'node:crypto';
import type { Signer } from '../../protocol/signer.ts';
import { generatePrivateKeyPem, signerOfPem } from '../chain/crypto/node-signer.ts';
import { CliError } from './errors.ts';
import { writeNewFile } from './new-file.ts';
import { readNamedFile } from './read-file.ts';

/** Environment variable of the passphrase that an operator's key file is encrypted with; empty counts as not set. */
export const PASSPHRASE_VARIABLE = 'BSIM_OPERATOR_PASSPHRASE';
const passphraseOfEnvironment = (): string | undefined => process.env[PASSPHRASE_VARIABLE] || undefined;

/**
 * Makes an operator's key on P-256 and keeps it in a new file, PKCS#8 in PEM, mode 0600; encrypted when
 * BSIM_OPERATOR_PASSPHRASE is set. Throws `cli/file-not-written`, also when the file is there already.
 */
export function makeOperatorKey(file: string): Signer {
  const plain = generatePrivateKeyPem('P-256');
  const passphrase = passphraseOfEnvironment();
  const kept =
    passphrase === undefined
      ? plain
      : createPrivateKey(plain).export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase });
  writeNewFile(file, kept.toString(), 'operator key');
  return signerOfPem(plain);
}

/** The signer of an operator's key file. Throws `cli/file-not-read` or `cli/bad-operator-key`. */
export function readOperatorKey(file: string): Signer {
  const pem = readNamedFile(file);
  const passphrase = passphraseOfEnvironment();
  try {
    const key = createPrivateKey({
      key: Buffer.from(pem.buffer, pem.byteOffset, pem.length),
      format: 'pem',
      ...(passphrase === undefined ? {} : { passphrase }),
    });
    return signerOfPem(key.export({ type: 'pkcs8', format: 'pem' }).toString());
  } catch (cause) {
    throw new CliError(
      'cli/bad-operator-key',
      `operator key not read: found no usable private key in ${file}, expected PKCS#8 in PEM`,
      { file },
      { cause },
    );
  }
}
