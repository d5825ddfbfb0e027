// SPDX-License-Identifier: Apache-2.0
import { X509Certificate } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AttestationError } from '../../host/attestation/errors.ts';
import {
  type CertificateAuthority,
  createIssuingCa,
  createRootCa,
  requireAuthority,
} from '../../host/attestation/issuing-ca.ts';
import { syncDirectory } from '../../host/provisioning/durable-file.ts';
import type { Signer } from '../../protocol/signer.ts';
import { CliError } from './errors.ts';
import { makeDirectory } from './make-directory.ts';
import { makeOperatorKey, readOperatorKey } from './operator-key.ts';
import { readNamedFile } from './read-file.ts';

/** Files of a directory that {@link makeIssuingCa} wrote. */
export const caFiles = {
  root: 'root.pem',
  rootKey: 'root-key.pem',
  issuing: 'issuing.pem',
  issuingKey: 'issuing-key.pem',
} as const;

/** The certificates of an operator's authorities, DER. */
export type CaCertificates = { readonly root: Uint8Array; readonly issuing: Uint8Array };

/** Common names of new authorities. */
export type CaNames = { readonly root: string; readonly issuing: string };

/**
 * Makes an operator's root and issuing authority in a directory: certificates in PEM, keys as `makeOperatorKey` writes
 * them. All four files or none; none is ever replaced. Throws `cli/file-not-written` or `attestation/bad-authority`.
 */
export async function makeIssuingCa(directory: string, names: CaNames): Promise<CaCertificates> {
  makeDirectory(directory);
  const place = (name: keyof typeof caFiles): string => join(directory, caFiles[name]);
  for (const name of Object.keys(caFiles) as (keyof typeof caFiles)[])
    if (existsSync(place(name))) throw notWritten(place(name), 'EEXIST');
  // Only what this run wrote is taken away again: another one may write here at the same time.
  const made: string[] = [];
  const write = <Result>(name: keyof typeof caFiles, work: (file: string) => Result): Result => {
    const result = work(place(name));
    made.push(place(name));
    return result;
  };
  try {
    const root = await createRootCa({ signer: write('rootKey', makeOperatorKey), name: names.root });
    const signer = write('issuingKey', makeOperatorKey);
    const issuing = await createIssuingCa(root, { signer, name: names.issuing });
    write('root', (file) => writeCertificate(file, root.certificate));
    write('issuing', (file) => writeCertificate(file, issuing.certificate));
    syncDirectory(directory);
    return { root: root.certificate, issuing: issuing.certificate };
  } catch (error) {
    for (const file of made) rmSync(file, { force: true });
    throw error;
  }
}

/**
 * The issuing authority of a directory, ready to issue, for provisioning. The root's key need not be there: it belongs
 * into a safe. Throws `cli/file-not-read` or `attestation/bad-authority`.
 */
export function openIssuingCa(directory: string): CertificateAuthority {
  const certificate = readCertificate(join(directory, caFiles.issuing));
  const authority = { certificate, signer: readKey(join(directory, caFiles.issuingKey)) };
  requireAuthority(authority);
  return authority;
}

/**
 * The certificates of a directory; keys are not read. Throws `cli/file-not-read`, or `attestation/bad-authority` also
 * when the root did not issue the other.
 */
export function readCaCertificates(directory: string): CaCertificates {
  const [root, issuing] = [caFiles.root, caFiles.issuing].map((file) =>
    readCertificate(join(directory, file)),
  ) as [Uint8Array, Uint8Array];
  const issuer = new X509Certificate(root);
  const issued = new X509Certificate(issuing);
  if (!issued.checkIssued(issuer) || !issued.verify(issuer.publicKey))
    throw badAuthority(`${caFiles.issuing} in ${directory} that ${caFiles.root} did not issue`);
  return { root, issuing };
}

/**
 * DER of the first certificate in a file, PEM or DER, such as a root that a verifier trusts. Throws `cli/file-not-read`
 * or `attestation/bad-authority`.
 */
export function readCertificate(file: string): Uint8Array {
  const bytes = readNamedFile(file);
  try {
    return new Uint8Array(new X509Certificate(bytes).raw);
  } catch (cause) {
    throw badAuthority(`no certificate in ${file}`, cause);
  }
}

function readKey(file: string): Signer {
  try {
    return readOperatorKey(file);
  } catch (cause) {
    // That error would name the operator.pem of a chain.
    if (cause instanceof CliError && cause.code === 'cli/bad-operator-key')
      throw badAuthority(`no usable private key in ${file}`, cause);
    throw cause;
  }
}

/** Writes a new file whole, or leaves none. */
function writeCertificate(file: string, der: Uint8Array): void {
  let handle: number | undefined;
  try {
    handle = openSync(file, 'wx', 0o644);
    writeFileSync(handle, new X509Certificate(der).toString());
    fsyncSync(handle);
  } catch (cause) {
    if (handle !== undefined) rmSync(file, { force: true });
    throw notWritten(file, (cause as NodeJS.ErrnoException).code ?? 'unknown', cause);
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

const notWritten = (file: string, reason: string, cause?: unknown): CliError<'cli/file-not-written'> =>
  new CliError(
    'cli/file-not-written',
    `authority not written: found ${reason} at ${file}, expected a new file`,
    { file, reason },
    { cause },
  );

const badAuthority = (reason: string, cause?: unknown): AttestationError<'attestation/bad-authority'> =>
  new AttestationError(
    'attestation/bad-authority',
    `authority not opened: found ${reason}`,
    { reason },
    { cause },
  );
