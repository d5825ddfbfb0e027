// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { createPublicKey, X509Certificate } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { issueAttestationCertificate } from '../../host/attestation/issuing-ca.ts';
import { publicKeyToPem } from '../../protocol/crypto/public-key.ts';
import {
  caFiles,
  makeIssuingCa,
  openIssuingCa,
  readCaCertificates,
  readCertificate,
} from '../../src/cli/issuing-ca.ts';
import { PASSPHRASE_VARIABLE } from '../../src/cli/operator-key.ts';
import { opensslAccepts, softwareSigner } from '../support/certificates.ts';
import { temporaryDirectory } from '../support/cli.ts';

const place = temporaryDirectory();
afterEach(() => {
  delete process.env[PASSPHRASE_VARIABLE];
});
afterAll(() => place.remove());

const names = { root: 'BSIM root', issuing: 'BSIM CA' };
const refused = (code: string) => expect.objectContaining({ code });

describe('the directory of an issuing authority', () => {
  it('holds certificates that everybody may read and keys that only the owner may', async () => {
    const directory = place.at('made');
    await makeIssuingCa(directory, names);
    expect(readdirSync(directory).toSorted()).toEqual(Object.values(caFiles).toSorted());
    const modes = Object.entries(caFiles).map(([name, file]) => [
      name,
      (statSync(`${directory}/${file}`).mode & 0o077) === 0,
    ]);
    expect(Object.fromEntries(modes)).toMatchObject({ rootKey: true, issuingKey: true });
    for (const file of [caFiles.rootKey, caFiles.issuingKey])
      expect(readFileSync(`${directory}/${file}`, 'utf8')).toMatch(/^-----BEGIN PRIVATE KEY-----/);
  });

  it('certifies a card so that openssl verify accepts its certificate', async () => {
    const directory = place.at('verified');
    const { root } = await makeIssuingCa(directory, names);
    const authority = openIssuingCa(directory);
    const card = softwareSigner();
    const { certificate } = await issueAttestationCertificate(authority, { publicKey: card.publicKey });
    expect(opensslAccepts(place.at, [certificate, authority.certificate], [root], new Date())).toBe(true);
    writeFileSync(place.at('card.pem'), new X509Certificate(certificate).toString());
    const at = (file: string): string => `${directory}/${file}`;
    const files = ['-CAfile', at(caFiles.root), '-untrusted', at(caFiles.issuing), place.at('card.pem')];
    const said = execFileSync('openssl', ['verify', ...files], { encoding: 'utf8' });
    expect(said.trim()).toBe(`${place.at('card.pem')}: OK`);
  });

  it('holds keys that belong to their certificates, as OpenSSL opens them', async () => {
    const directory = place.at('keys');
    await makeIssuingCa(directory, names);
    for (const [certificate, key] of [
      [caFiles.root, caFiles.rootKey],
      [caFiles.issuing, caFiles.issuingKey],
    ]) {
      const { publicKey } = new X509Certificate(readFileSync(`${directory}/${certificate}`));
      const args = ['pkey', '-in', `${directory}/${key}`, '-pubout'];
      expect(createPublicKey(execFileSync('openssl', args)).equals(publicKey)).toBe(true);
    }
  });

  it('holds keys that are encrypted with the passphrase, and opens with no other', async () => {
    process.env[PASSPHRASE_VARIABLE] = 'pass phrase';
    const directory = place.at('encrypted');
    await makeIssuingCa(directory, names);
    for (const file of [caFiles.rootKey, caFiles.issuingKey])
      expect(readFileSync(`${directory}/${file}`, 'utf8')).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
    const { publicKey } = new X509Certificate(readFileSync(`${directory}/${caFiles.issuing}`));
    const opened = createPublicKey(publicKeyToPem(openIssuingCa(directory).signer.publicKey));
    expect(opened.equals(publicKey)).toBe(true);
    process.env[PASSPHRASE_VARIABLE] = 'another';
    expect(() => openIssuingCa(directory)).toThrowError(refused('attestation/bad-authority'));
  });

  it.each(Object.values(caFiles))('is refused where %s is, and nothing is changed', async (file) => {
    const directory = place.at(`taken-${file}`);
    mkdirSync(directory);
    writeFileSync(`${directory}/${file}`, 'mine');
    await expect(makeIssuingCa(directory, names)).rejects.toThrowError(refused('cli/file-not-written'));
    expect(readdirSync(directory)).toEqual([file]);
    expect(readFileSync(`${directory}/${file}`, 'utf8')).toBe('mine');
  });

  it('is left empty when a name is refused', async () => {
    const directory = place.at('unnamed');
    await expect(makeIssuingCa(directory, { ...names, issuing: '' })).rejects.toThrowError(
      refused('attestation/bad-authority'),
    );
    expect(readdirSync(directory)).toEqual([]);
  });

  it('is refused where a file is', async () => {
    writeFileSync(place.at('file'), '');
    await expect(makeIssuingCa(place.at('file'), names)).rejects.toThrowError(
      refused('cli/file-not-written'),
    );
  });

  it("opens without the root's key", async () => {
    const directory = place.at('rootless');
    await makeIssuingCa(directory, names);
    rmSync(`${directory}/${caFiles.rootKey}`);
    expect(openIssuingCa(directory).signer.publicKey.curve).toBe('P-256');
    expect(existsSync(`${directory}/${caFiles.rootKey}`)).toBe(false);
  });

  it('opens with no other key', async () => {
    const directory = place.at('swapped');
    await makeIssuingCa(directory, names);
    renameSync(`${directory}/${caFiles.rootKey}`, `${directory}/${caFiles.issuingKey}`);
    expect(() => openIssuingCa(directory)).toThrowError(refused('attestation/bad-authority'));
  });

  it('shows its certificates, unless they do not belong together', async () => {
    const directory = place.at('shown');
    const made = await makeIssuingCa(directory, names);
    expect(readCaCertificates(directory)).toEqual(made);
    const other = await makeIssuingCa(place.at('other'), names);
    writeFileSync(`${directory}/${caFiles.root}`, new X509Certificate(other.root).toString());
    expect(() => readCaCertificates(directory)).toThrowError(refused('attestation/bad-authority'));
  });

  it('is told from one that is missing, or holds something else', () => {
    expect(() => openIssuingCa(place.at('missing'))).toThrowError(refused('cli/file-not-read'));
    writeFileSync(place.at('text.pem'), 'no certificate');
    expect(() => readCertificate(place.at('text.pem'))).toThrowError(refused('attestation/bad-authority'));
  });
});
