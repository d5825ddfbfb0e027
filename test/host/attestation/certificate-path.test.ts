// SPDX-License-Identifier: Apache-2.0
import { afterAll, describe, expect, it } from 'vitest';
import { validateCertificatePath } from '../../../host/attestation/certificate-path.ts';
import { concat, fromHex, toHex } from '../../../protocol/bytes.ts';
import {
  type CertificateSpec,
  openCertificateMaker,
  opensslAccepts,
  type PathVerdict,
  pathVerdict,
} from '../../support/certificates.ts';
import { temporaryDirectory } from '../../support/cli.ts';

const place = temporaryDirectory();
const opensslCertificates = openCertificateMaker(place.at);
afterAll(() => place.remove());

const DAY_MS = 24 * 60 * 60 * 1000;
const inDays = (days: number): Date => new Date(Date.now() + days * DAY_MS);

const identifiers = ['subjectKeyIdentifier=hash', 'authorityKeyIdentifier=keyid'];
const authority = (pathLength?: number, usage = 'keyCertSign,cRLSign'): readonly string[] => [
  `basicConstraints=critical,CA:TRUE${pathLength === undefined ? '' : `,pathlen:${pathLength}`}`,
  `keyUsage=critical,${usage}`,
  ...identifiers,
];
const endEntity = [
  'basicConstraints=critical,CA:FALSE',
  'keyUsage=critical,digitalSignature',
  ...identifiers,
];

const good = {
  root: { subject: '/CN=root', extensions: authority(1) },
  issuing: { issuer: 'root', subject: '/CN=issuing', extensions: authority(0) },
  leaf: { issuer: 'issuing', subject: '/CN=card/serialNumber=0123', extensions: endEntity },
} as const satisfies Readonly<Record<string, CertificateSpec>>;

type Case = {
  readonly title: string;
  readonly specs?: Readonly<Record<string, CertificateSpec>>;
  readonly chain?: readonly string[];
  readonly root?: string;
  readonly days?: number;
  readonly change?: (chain: readonly Uint8Array[]) => readonly Uint8Array[];
  readonly verdict: PathVerdict;
  /** Verdict of `openssl verify -x509_strict`, where it accepts what we refuse: our profile is narrower there. */
  readonly openssl?: 'accepted';
};

const leafWith = (...extensions: readonly string[]) => ({ ...good, leaf: { ...good.leaf, extensions } });
const issuingWith = (...extensions: readonly string[]) => ({
  ...good,
  issuing: { ...good.issuing, extensions },
});

const cases: readonly Case[] = [
  { title: 'leaf, issuing authority and root', verdict: 'accepted' },
  {
    title: 'a leaf on its last day',
    specs: { ...good, leaf: { ...good.leaf, days: 2 } },
    days: 1,
    verdict: 'accepted',
  },
  {
    title: 'an expired leaf',
    specs: { ...good, leaf: { ...good.leaf, days: 2 } },
    days: 3,
    verdict: 'expired',
  },
  {
    title: 'an expired issuing authority',
    specs: { ...good, issuing: { ...good.issuing, days: 2 } },
    days: 3,
    verdict: 'expired',
  },
  {
    title: 'an expired root',
    specs: { ...good, root: { ...good.root, days: 2 } },
    days: 3,
    verdict: 'expired',
  },
  { title: 'a leaf that is not valid yet', days: -1, verdict: 'not-yet-valid' },
  {
    title: 'a leaf signed by another key of an authority of the same name',
    specs: {
      ...good,
      other: { ...good.issuing, extensions: authority(0) },
      leaf: { ...good.leaf, issuer: 'other' },
    },
    verdict: 'bad-signature',
  },
  {
    title: 'an issuing authority signed by another key of a root of the same name',
    specs: {
      root: good.root,
      other: good.root,
      ...{ issuing: { ...good.issuing, issuer: 'other' } },
      leaf: good.leaf,
    },
    verdict: 'bad-signature',
  },
  {
    title: 'a leaf of an authority of another name',
    specs: {
      ...good,
      other: { ...good.issuing, subject: '/CN=other' },
      leaf: { ...good.leaf, issuer: 'other' },
    },
    verdict: 'wrong-issuer',
  },
  {
    title: 'an intermediate that is no authority',
    specs: issuingWith(
      'basicConstraints=critical,CA:FALSE',
      'keyUsage=critical,digitalSignature',
      ...identifiers,
    ),
    verdict: 'not-a-ca',
  },
  {
    title: 'an intermediate without basic constraints',
    specs: issuingWith('keyUsage=critical,keyCertSign', ...identifiers),
    verdict: 'not-a-ca',
  },
  {
    title: 'an intermediate that may not sign certificates',
    specs: issuingWith(...authority(undefined, 'digitalSignature,cRLSign')),
    verdict: 'may-not-sign-certificates',
  },
  {
    title: 'an intermediate without key usage',
    specs: issuingWith('basicConstraints=critical,CA:TRUE', ...identifiers),
    verdict: 'may-not-sign-certificates',
  },
  {
    title: 'a root that may not sign certificates',
    specs: { ...good, root: { ...good.root, extensions: authority(1, 'digitalSignature') } },
    verdict: 'may-not-sign-certificates',
  },
  {
    title: 'an authority below a root that allows none',
    specs: { ...good, root: { ...good.root, extensions: authority(0) } },
    verdict: 'path-too-long',
  },
  {
    title: 'two authorities below one another where the root allows two',
    specs: {
      root: { ...good.root, extensions: authority(2) },
      middle: { ...good.issuing, subject: '/CN=middle', extensions: authority(1) },
      issuing: { ...good.issuing, issuer: 'middle' },
      leaf: good.leaf,
    },
    chain: ['leaf', 'issuing', 'middle'],
    verdict: 'accepted',
  },
  {
    title: 'two authorities below one another where the root allows one',
    specs: {
      root: good.root,
      middle: { ...good.issuing, subject: '/CN=middle', extensions: authority() },
      issuing: { ...good.issuing, issuer: 'middle' },
      leaf: good.leaf,
    },
    chain: ['leaf', 'issuing', 'middle'],
    verdict: 'path-too-long',
  },
  {
    title: 'an authority made by an issuing authority',
    specs: {
      root: { ...good.root, extensions: authority() },
      middle: { ...good.issuing, subject: '/CN=middle', extensions: authority(0) },
      issuing: { ...good.issuing, issuer: 'middle' },
      leaf: good.leaf,
    },
    chain: ['leaf', 'issuing', 'middle'],
    verdict: 'path-too-long',
  },
  {
    title: 'a card that issued to another card',
    specs: {
      ...good,
      card: good.leaf,
      leaf: { ...good.leaf, issuer: 'card' },
    },
    chain: ['leaf', 'card', 'issuing'],
    verdict: 'not-a-ca',
  },
  {
    title: 'a leaf that is an authority',
    specs: leafWith(...authority(undefined, 'digitalSignature,keyCertSign')),
    verdict: 'leaf-is-ca',
    openssl: 'accepted',
  },
  {
    title: 'a leaf that may only agree on keys',
    specs: leafWith('basicConstraints=critical,CA:FALSE', 'keyUsage=critical,keyAgreement', ...identifiers),
    verdict: 'leaf-may-not-sign',
    openssl: 'accepted',
  },
  {
    title: 'a leaf without key usage',
    specs: leafWith('basicConstraints=critical,CA:FALSE', ...identifiers),
    verdict: 'leaf-may-not-sign',
    openssl: 'accepted',
  },
  {
    title: 'a leaf without basic constraints',
    specs: leafWith('keyUsage=critical,digitalSignature', ...identifiers),
    verdict: 'accepted',
  },
  {
    title: 'a leaf without the serial number of a card',
    specs: { ...good, leaf: { ...good.leaf, subject: '/CN=card' } },
    verdict: 'no-card-serial',
    openssl: 'accepted',
  },
  {
    title: 'a leaf of version 1',
    specs: leafWith(),
    verdict: 'bad-version',
    openssl: 'accepted',
  },
  {
    title: 'certificates in the wrong order',
    chain: ['issuing', 'leaf'],
    verdict: 'no-trust-anchor',
    openssl: 'accepted',
  },
  { title: 'a leaf alone', chain: ['leaf'], verdict: 'no-trust-anchor' },
  { title: 'no certificate', chain: [], verdict: 'empty' },
  {
    title: 'more certificates than a card gives',
    chain: ['leaf', 'issuing', 'issuing', 'issuing', 'issuing'],
    verdict: 'too-long',
    openssl: 'accepted',
  },
  {
    title: 'a leaf directly below the root',
    specs: { root: good.root, leaf: { ...good.leaf, issuer: 'root' } },
    chain: ['leaf'],
    verdict: 'accepted',
  },
  { title: 'a chain that holds its root', chain: ['leaf', 'issuing', 'root'], verdict: 'accepted' },
  {
    title: 'a self-signed leaf that is its own anchor',
    specs: { leaf: { subject: '/CN=card/serialNumber=0123', extensions: endEntity } },
    chain: ['leaf'],
    root: 'leaf',
    verdict: 'leaf-is-anchor',
    openssl: 'accepted',
  },
  {
    title: 'a chain to a root that is not trusted',
    specs: { ...good, stranger: { ...good.root, subject: '/CN=stranger' } },
    root: 'stranger',
    verdict: 'no-trust-anchor',
  },
  {
    title: 'an unknown critical extension in the leaf',
    specs: leafWith(...endEntity, '1.2.3.4=critical,DER:0500'),
    verdict: 'unknown-critical-extension',
  },
  {
    title: 'an unknown extension in the leaf that is not critical',
    specs: leafWith(...endEntity, '1.2.3.4=DER:0500'),
    verdict: 'accepted',
  },
  {
    title: 'an unknown critical extension in the issuing authority',
    specs: issuingWith(...authority(0), '1.2.3.4=critical,DER:0500'),
    verdict: 'unknown-critical-extension',
  },
  {
    title: 'basic constraints of another type in the leaf',
    specs: leafWith('2.5.29.19=critical,DER:0500', 'keyUsage=critical,digitalSignature', ...identifiers),
    verdict: 'malformed',
  },
  {
    title: 'bytes behind the basic constraints of the leaf',
    specs: leafWith('2.5.29.19=critical,DER:300000', 'keyUsage=critical,digitalSignature', ...identifiers),
    verdict: 'malformed',
    openssl: 'accepted',
  },
  {
    title: 'a key usage of another type in the leaf',
    specs: leafWith('basicConstraints=critical,CA:FALSE', '2.5.29.15=critical,DER:0500', ...identifiers),
    verdict: 'leaf-may-not-sign',
  },
  {
    title: 'critical name constraints in the issuing authority',
    specs: issuingWith(...authority(0), 'nameConstraints=critical,permitted;DNS:example.org'),
    verdict: 'unknown-critical-extension',
    openssl: 'accepted',
  },
  {
    title: 'a leaf that names another key of its issuer',
    specs: leafWith(
      'basicConstraints=critical,CA:FALSE',
      'keyUsage=critical,digitalSignature',
      'subjectKeyIdentifier=hash',
      '2.5.29.35=DER:300680040badc0de',
    ),
    verdict: 'refused-by-library',
  },
  {
    title: 'a leaf on P-384',
    specs: { ...good, leaf: { ...good.leaf, curve: 'secp384r1' } },
    verdict: 'bad-key',
    openssl: 'accepted',
  },
  {
    title: 'a leaf on secp256k1',
    specs: { ...good, leaf: { ...good.leaf, curve: 'secp256k1' } },
    verdict: 'bad-key',
    openssl: 'accepted',
  },
  {
    title: 'an issuing authority on P-384',
    specs: { ...good, issuing: { ...good.issuing, curve: 'secp384r1' } },
    verdict: 'bad-key',
    openssl: 'accepted',
  },
  {
    title: 'a leaf signed with SHA-384',
    specs: { ...good, leaf: { ...good.leaf, digest: 'sha384' } },
    verdict: 'bad-algorithm',
    openssl: 'accepted',
  },
  {
    title: 'garbage behind the leaf',
    change: ([leaf, ...others]) => [concat(leaf as Uint8Array, Uint8Array.of(0)), ...others],
    verdict: 'malformed',
    openssl: 'accepted',
  },
  {
    title: 'a leaf without its last byte',
    change: ([leaf, ...others]) => [(leaf as Uint8Array).slice(0, -1), ...others],
    verdict: 'malformed',
  },
  {
    title: 'a leaf whose signature is no DER, its numbers unchanged',
    // The SEQUENCE of r and s, marked as primitive.
    change: ([leaf = new Uint8Array(0), ...others]) => {
      const text = toHex(leaf);
      return [fromHex(text.replace(/(03(?:47|48|49)00)30(4[4-6]022[01][0-9a-f]+)$/, '$110$2')), ...others];
    },
    verdict: 'bad-signature',
  },
  {
    title: 'a leaf whose signature was changed in one bit',
    change: ([leaf, ...others]) => [flipped(leaf as Uint8Array, (leaf as Uint8Array).length - 1), ...others],
    verdict: 'bad-signature',
  },
];

const flipped = (bytes: Uint8Array, at: number): Uint8Array =>
  bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));

describe('a certificate path made by OpenSSL', () => {
  it.each(cases)(
    '$title: $verdict',
    async ({ specs = good, chain = ['leaf', 'issuing'], root = 'root', days = 0.01, change, ...wanted }) => {
      const made = opensslCertificates(specs);
      const named = chain.map((name) => made[name] as Uint8Array);
      const given = change === undefined ? named : change(named);
      const roots = [made[root] as Uint8Array];
      const time = inDays(days);
      expect(await pathVerdict(given, roots, time)).toBe(wanted.verdict);
      const openssl = opensslAccepts(place.at, given, roots, time);
      expect(openssl).toBe(wanted.verdict === 'accepted' || wanted.openssl === 'accepted');
    },
  );

  it('gives the key, the serial number of the card, its issuer and the anchor', async () => {
    const { leaf, issuing, root } = opensslCertificates(good) as Record<string, Uint8Array>;
    const path = await validateCertificatePath(
      [leaf, issuing] as Uint8Array[],
      [root] as Uint8Array[],
      inDays(0.01),
    );
    expect(path).toMatchObject({ cardSerial: '0123', issuer: 'issuing', trustAnchor: root });
  });
});
