// SPDX-License-Identifier: Apache-2.0
import { X509Certificate } from 'node:crypto';
import type { Command } from 'commander';
import { type CaCertificates, caFiles, makeIssuingCa, readCaCertificates } from '../issuing-ca.ts';
import { facts, type Printer } from '../print.ts';
import { action } from '../run.ts';

type InitOptions = { readonly name: string; readonly rootName: string };

/** `bsim ca`: the operator's authorities, which certify the attestation keys of cards. */
export function registerCa(program: Command): void {
  const ca = program.command('ca').description("the operator's certificate authorities for attestation");

  ca.command('init')
    .description(
      `make a root and an issuing authority: ${Object.values(caFiles).join(', ')}; keys are encrypted with BSIM_OPERATOR_PASSPHRASE when that is set`,
    )
    .argument('<directory>', 'directory for them; no file in it is replaced')
    .option(
      '--name <name>',
      'name of the issuing authority; a short one, for it lies on every card',
      'BSIM CA',
    )
    .option('--root-name <name>', 'name of the root', 'BSIM root')
    .action(
      action(async ({ print }, { name, rootName }: InitOptions, directory: string) => {
        const made = await makeIssuingCa(directory, { root: rootName, issuing: name });
        show(print, directory, made);
        print.note(`give ${caFiles.root} to whoever verifies cards; keep ${caFiles.rootKey} off line`);
      }),
    );

  ca.command('show')
    .description('show the authorities of a directory; needs no key')
    .argument('<directory>', 'directory that bsim ca init made')
    .action(
      action(async ({ print }, _options: object, directory: string) => {
        show(print, directory, readCaCertificates(directory));
      }),
    );
}

function show(print: Printer, directory: string, certificates: CaCertificates): void {
  const root = factsOf(certificates.root);
  const issuing = factsOf(certificates.issuing);
  print.result({ directory, root, issuing }, () =>
    facts([
      ['root', root.name],
      ['valid', `${root.notBefore} to ${root.notAfter}`],
      ['SHA-256', root.sha256],
      ['issuing', issuing.name],
      ['valid', `${issuing.notBefore} to ${issuing.notAfter}`],
      ['SHA-256', issuing.sha256],
    ]),
  );
}

function factsOf(der: Uint8Array) {
  const certificate = new X509Certificate(der);
  const day = (text: string): string => new Date(text).toISOString().slice(0, 10);
  return {
    name: certificate.subject.replaceAll('\n', ', '),
    notBefore: day(certificate.validFrom),
    notAfter: day(certificate.validTo),
    sha256: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    bytes: der.length,
  };
}
