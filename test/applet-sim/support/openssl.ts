// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { derSignature, type KnownKey, nodeKey } from '../../conformance/independent-signature.ts';

const run = promisify(execFile);

const DISTID = 'distid:1234567812345678';

/**
 * What the OpenSSL command line says of a signature of 64 bytes: "Signature Verified Successfully" or "Verified OK".
 * ECDSA is over SHA-256, SM2 over SM3. Rejects when the signature is not valid, and when there is no `openssl`.
 */
export async function opensslVerdict(
  key: KnownKey,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<string> {
  if (key.curve === 'Ed25519')
    return openssl(
      ['pkeyutl', '-verify', '-pubin', '-inkey', 'key', '-rawin', '-in', 'message', '-sigfile', 's'],
      {
        ...keyFile(key),
        message,
        s: signature,
      },
    );
  const options = key.curve === 'SM2' ? ['-sm3', '-sigopt', DISTID] : ['-sha256'];
  return openssl(['dgst', ...options, '-verify', 'key', '-signature', 's', 'message'], {
    ...keyFile(key),
    message,
    s: derSignature(signature),
  });
}

/** The same of an ECDSA or SM2 signature over a digest that was made elsewhere, by `openssl pkeyutl`. */
export const opensslDigestVerdict = (
  key: KnownKey,
  digest: Uint8Array,
  signature: Uint8Array,
): Promise<string> =>
  openssl(['pkeyutl', '-verify', '-pubin', '-inkey', 'key', '-in', 'digest', '-sigfile', 's'], {
    ...keyFile(key),
    digest,
    s: derSignature(signature),
  });

/** What an `openssl` command writes, run in a new folder with the files given. Rejects when it fails. */
export async function openssl(
  args: readonly string[],
  files: Readonly<Record<string, string | Uint8Array>> = {},
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'bsim-openssl-'));
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    const { stdout } = await run('openssl', args, { cwd: folder, encoding: 'latin1' });
    return stdout.trim();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const keyFile = (key: KnownKey): { readonly key: string } => ({
  key: nodeKey(key).export({ type: 'spki', format: 'pem' }) as string,
});
