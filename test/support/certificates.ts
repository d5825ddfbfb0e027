// SPDX-License-Identifier: Apache-2.0
import { execFileSync, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { validateCertificatePath } from '../../host/attestation/certificate-path.ts';
import { AttestationError, type ChainFault } from '../../host/attestation/errors.ts';
import type { Signer } from '../../protocol/signer.ts';
import { generatePrivateKeyPem, signerOfPem } from '../../src/chain/crypto/node-signer.ts';

/** A fresh key on P-256 in software. */
export const softwareSigner = (): Signer => signerOfPem(generatePrivateKeyPem('P-256'));

/** PEM of a DER certificate. */
export const certificatePem = (der: Uint8Array): string => new X509Certificate(der).toString();

/** PEM of any bytes, whether or not they are a certificate. */
export const rawPem = (bytes: Uint8Array): string =>
  `-----BEGIN CERTIFICATE-----\n${(
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  ).join('\n')}\n-----END CERTIFICATE-----\n`;

/** What `openssl verify` says of a chain (the leaf first) under a root at a time; the others are untrusted. */
export function opensslAccepts(
  at: (name: string) => string,
  [leaf, ...others]: readonly Uint8Array[],
  roots: readonly Uint8Array[],
  time: Date,
): boolean {
  writeFileSync(at('roots.pem'), roots.map(rawPem).join(''));
  writeFileSync(at('untrusted.pem'), others.map(rawPem).join(''));
  writeFileSync(at('leaf.pem'), rawPem(leaf ?? new Uint8Array(0)));
  const { status } = spawnSync('openssl', [
    'verify',
    ...['-x509_strict', '-purpose', 'any', '-attime', String(Math.floor(time.getTime() / 1000))],
    ...['-no-CApath', '-no-CAstore', '-CAfile', at('roots.pem')],
    ...(others.length > 0 ? ['-untrusted', at('untrusted.pem')] : []),
    at('leaf.pem'),
  ]);
  return status === 0;
}

/** A certificate that the OpenSSL command line makes. */
export type CertificateSpec = {
  /** Name of the specification that signs; itself when left out. */
  readonly issuer?: string;
  readonly subject: string;
  /** Lines of an OpenSSL extension section; a certificate of version 1 when empty. */
  readonly extensions: readonly string[];
  /** Days from now until it ends. */
  readonly days?: number;
  readonly curve?: string;
  readonly digest?: string;
};

/** Makes certificates in a directory: DER of each specification. Equal ones are made once. */
export function openCertificateMaker(
  at: (name: string) => string,
): (specs: Readonly<Record<string, CertificateSpec>>) => Readonly<Record<string, Uint8Array>> {
  const made = new Map<string, { readonly file: string; readonly der: Uint8Array }>();
  const run = (...args: readonly string[]): Buffer => execFileSync('openssl', args, { stdio: 'pipe' });
  return (specs) => {
    const whole = (name: string): unknown => {
      const { issuer, ...spec } = specs[name] as CertificateSpec;
      return [name, spec, issuer === undefined ? null : whole(issuer)];
    };
    const make = (name: string): { readonly file: string; readonly der: Uint8Array } => {
      const id = JSON.stringify(whole(name));
      const known = made.get(id);
      if (known !== undefined) return known;
      const { issuer, subject, extensions, days = 100, ...spec } = specs[name] as CertificateSpec;
      const { curve = 'prime256v1', digest = 'sha256' } = spec;
      const by = issuer === undefined ? undefined : make(issuer).file;
      const file = at(`certificate-${made.size}`);
      run('genpkey', '-algorithm', 'EC', '-pkeyopt', `ec_paramgen_curve:${curve}`, '-out', `${file}.key`);
      run('req', '-new', '-key', `${file}.key`, '-subj', subject, '-out', `${file}.csr`);
      writeFileSync(`${file}.ext`, `[section]\n${extensions.join('\n')}\n`);
      run(
        ...['x509', '-req', '-in', `${file}.csr`, `-${digest}`, '-days', String(days)],
        ...(extensions.length > 0 ? ['-extfile', `${file}.ext`, '-extensions', 'section'] : []),
        ...(by === undefined
          ? ['-signkey', `${file}.key`]
          : ['-CA', `${by}.crt`, '-CAkey', `${by}.key`, '-CAcreateserial']),
        ...['-out', `${file}.crt`],
      );
      const der = new Uint8Array(run('x509', '-in', `${file}.crt`, '-outform', 'DER'));
      made.set(id, { file, der });
      return { file, der };
    };
    return Object.fromEntries(Object.keys(specs).map((name) => [name, make(name).der]));
  };
}

/** Why a path is refused, or that it is not. */
export type PathVerdict = ChainFault | 'accepted' | 'malformed';

/** What our validation says of a path; errors that are not its own are thrown on. */
export async function pathVerdict(
  ...given: Parameters<typeof validateCertificatePath>
): Promise<PathVerdict> {
  try {
    await validateCertificatePath(...given);
    return 'accepted';
  } catch (error) {
    if (!(error instanceof AttestationError)) throw error;
    if (error.code === 'attestation/malformed') return 'malformed';
    if (error.code !== 'attestation/bad-chain') throw error;
    return (error as AttestationError<'attestation/bad-chain'>).details.fault;
  }
}
