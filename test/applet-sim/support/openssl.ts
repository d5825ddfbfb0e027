// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type KnownKey, nodeKey } from '../../conformance/independent-signature.ts';

const run = promisify(execFile);

/**
 * What the OpenSSL command line says of a signature of 64 bytes: "Signature Verified Successfully" or "Verified OK".
 * Rejects when the signature is not valid, and when there is no `openssl`.
 */
export async function opensslVerdict(
  key: KnownKey,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'bsim-openssl-'));
  const file = (name: string, content: string | Uint8Array): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  try {
    const pem = file('key.pem', nodeKey(key).export({ type: 'spki', format: 'pem' }) as string);
    const data = file('message', message);
    const args =
      key.curve === 'Ed25519'
        ? [
            'pkeyutl',
            '-verify',
            '-pubin',
            '-inkey',
            pem,
            '-rawin',
            '-in',
            data,
            '-sigfile',
            file('s', signature),
          ]
        : ['dgst', '-sha256', '-verify', pem, '-signature', file('s', derSignature(signature)), data];
    return (await run('openssl', args)).stdout.trim();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** ECDSA-Sig-Value: SEQUENCE of two INTEGER. Source: RFC 3279 §2.2.3. */
function derSignature(signature: Uint8Array): Uint8Array {
  const integers = [signature.subarray(0, 32), signature.subarray(32)].flatMap((half) => {
    const bytes = [...half];
    while (bytes.length > 1 && bytes[0] === 0) bytes.shift();
    if ((bytes[0] as number) >= 0x80) bytes.unshift(0);
    return [0x02, bytes.length, ...bytes];
  });
  return Uint8Array.of(0x30, integers.length, ...integers);
}
