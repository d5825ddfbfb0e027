// SPDX-License-Identifier: Apache-2.0
import { createPrivateKey } from 'node:crypto';
import { closeSync, fsyncSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { syncDirectory } from '../../host/provisioning/durable-file.ts';
import type { Signer } from '../../protocol/signer.ts';
import { generatePrivateKeyPem, signerOfPem } from '../chain/crypto/node-signer.ts';
import { CliError } from './errors.ts';
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
  try {
    writeNew(file, kept.toString());
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown';
    throw new CliError(
      'cli/file-not-written',
      `operator key not written: found ${reason} at ${file}, expected a new file`,
      { file, reason },
      { cause },
    );
  }
  return signerOfPem(plain);
}

/** Writes a new file whole, or leaves none: half a key would be in the way of the next attempt. */
function writeNew(file: string, text: string): void {
  const handle = openSync(file, 'wx', 0o600);
  try {
    writeFileSync(handle, text);
    fsyncSync(handle);
    // The chain's supply may hang on this key: its name must survive a power cut too.
    syncDirectory(dirname(file));
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  } finally {
    closeSync(handle);
  }
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
