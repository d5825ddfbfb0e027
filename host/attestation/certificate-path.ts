// SPDX-License-Identifier: Apache-2.0
import { p256 } from '@noble/curves/nist.js';
import * as pkijs from 'pkijs';
import { equalBytes } from '../../protocol/bytes.ts';
import type { PublicKey } from '../../protocol/crypto/public-key.ts';
import {
  basicConstraintsOf,
  type Certificate,
  KEY_USAGE_BITS,
  keyUsageOf,
  oid,
  parseCertificate,
  publicKeyOf,
  subjectTexts,
} from './certificate.ts';
import { malformed, requireDer } from './der.ts';
import { AttestationError, type ChainFault } from './errors.ts';

/** Most certificates that a card may give. */
export const CHAIN_LENGTH_MAX = 4;

/** A path that was validated. */
export type CertificatePath = {
  /** The key that the path vouches for, on P-256. */
  readonly publicKey: PublicKey;
  /** Serial number in the leaf's subject, that the issuing CA gave the card. */
  readonly cardSerial: string;
  /** Common name of the authority that issued the leaf; empty when it has none. */
  readonly issuer: string;
  /** DER of the trust anchor that the path ends at. */
  readonly trustAnchor: Uint8Array;
};

/**
 * Validates that the chain (DER, the leaf first) leads to one of the trust anchors (DER) at that time. Source: RFC 5280 §6.1.
 *
 * The chain is taken in the order given and not searched for a path. It may hold its anchor; what follows that is not
 * looked at. Narrower than RFC 5280: version 3, keys on P-256, signed with ECDSA and SHA-256, no critical extensions but
 * key usage and basic constraints, a key usage in each but the anchor. The anchor must be valid at that time too.
 * There are no revocation lists. Throws `attestation/malformed` or `attestation/bad-chain`.
 */
export async function validateCertificatePath(
  chain: readonly Uint8Array[],
  trustAnchors: readonly Uint8Array[],
  at: Date,
): Promise<CertificatePath> {
  if (chain.length === 0) throw badChain('empty', 0);
  if (chain.length > CHAIN_LENGTH_MAX) throw badChain('too-long', CHAIN_LENGTH_MAX);
  const given = chain.map((der) => parseCertificate(der));
  const anchors = trustAnchors.map((der) => parseCertificate(der, 'trust-anchor'));
  const path = endAtAnchor(given, anchors);
  path.forEach((certificate, position) => {
    checkForm(certificate, position);
    checkTime(certificate, position, at);
    if (position > 0) checkAuthority(path, position);
  });
  const [leaf, issuer, anchor] = [path[0], path[1], path.at(-1)] as [Certificate, Certificate, Certificate];
  const cardSerial = checkLeaf(leaf);
  for (const [position, certificate] of path.slice(0, -1).entries()) {
    const next = path[position + 1] as Certificate;
    if (!equalBytes(certificate.issuer, next.subject)) throw badChain('wrong-issuer', position);
    if (!isSignedBy(certificate, next)) throw badChain('bad-signature', position);
  }
  await askLibrary(path, at);
  return {
    publicKey: publicKeyOf(leaf) as PublicKey,
    cardSerial,
    issuer: subjectTexts(issuer, oid.commonName)[0] ?? '',
    trustAnchor: anchor.der,
  };
}

/** The chain up to its trust anchor, that included. */
function endAtAnchor(chain: readonly Certificate[], anchors: readonly Certificate[]): readonly Certificate[] {
  const isAnchor = ({ der }: Certificate): boolean => anchors.some((anchor) => equalBytes(anchor.der, der));
  const found = chain.findIndex(isAnchor);
  if (found === 0) throw badChain('leaf-is-anchor', 0);
  if (found > 0) return chain.slice(0, found + 1);
  const last = chain.at(-1) as Certificate;
  const named = anchors.filter(({ subject }) => equalBytes(subject, last.issuer));
  // An authority that changed its key has two anchors of one name.
  for (const anchor of named) if (isSignedBy(last, anchor)) return [...chain, anchor];
  const [anchor] = named;
  if (anchor === undefined) throw badChain('no-trust-anchor', chain.length - 1);
  return [...chain, anchor];
}

function checkForm({ parsed, ...certificate }: Certificate, position: number): void {
  if (parsed.version !== 2) throw badChain('bad-version', position);
  for (const { algorithmId, algorithmParams } of [parsed.signatureAlgorithm, parsed.signature])
    if (algorithmId !== oid.ecdsaWithSha256 || algorithmParams !== undefined)
      throw badChain('bad-algorithm', position, algorithmId);
  if (publicKeyOf({ parsed, ...certificate }) === undefined) throw badChain('bad-key', position);
  const extensions = parsed.extensions ?? [];
  if (new Set(extensions.map(({ extnID }) => extnID)).size !== extensions.length)
    throw badChain('duplicate-extension', position);
  for (const { extnValue, parsedValue } of extensions) {
    requireDer(new Uint8Array(extnValue.valueBlock.valueHexView), 'certificate');
    // The library would go on with a value of its own.
    if (parsedValue === undefined || 'parsingError' in parsedValue)
      throw malformed('certificate', 'an extension that is not of its type');
  }
  const understood: readonly string[] = [oid.keyUsage, oid.basicConstraints];
  const unknown = extensions.find(({ critical, extnID }) => critical && !understood.includes(extnID));
  if (unknown !== undefined) throw badChain('unknown-critical-extension', position, unknown.extnID);
}

function checkTime({ parsed }: Certificate, position: number, at: Date): void {
  const { notBefore, notAfter } = parsed;
  // Written so that a time that is none is refused.
  if (!(notBefore.value <= at)) throw badChain('not-yet-valid', position, timeText(notBefore.value));
  if (!(notAfter.value >= at)) throw badChain('expired', position, timeText(notAfter.value));
}

function checkLeaf(leaf: Certificate): string {
  if (basicConstraintsOf(leaf)?.ca === true) throw badChain('leaf-is-ca', 0);
  const usage = keyUsageOf(leaf) ?? 0;
  if ((usage & KEY_USAGE_BITS.digitalSignature) === 0) throw badChain('leaf-may-not-sign', 0);
  if ((usage & KEY_USAGE_BITS.keyCertSign) !== 0) throw badChain('leaf-is-ca', 0);
  const [serial, ...more] = subjectTexts(leaf, oid.serialNumber);
  if (serial === undefined || serial === '' || more.length > 0) throw badChain('no-card-serial', 0);
  return serial;
}

/** Steps (k) to (n) of RFC 5280 §6.1.4, for the certificate of an authority or an anchor. */
function checkAuthority(path: readonly Certificate[], position: number): void {
  const authority = path[position] as Certificate;
  const constraints = basicConstraintsOf(authority);
  if (constraints?.ca !== true) throw badChain('not-a-ca', position);
  const usage = keyUsageOf(authority);
  const isAnchor = position === path.length - 1;
  if (usage === undefined ? !isAnchor : (usage & KEY_USAGE_BITS.keyCertSign) === 0)
    throw badChain('may-not-sign-certificates', position);
  const between = path.slice(1, position).filter(({ subject, issuer }) => !equalBytes(subject, issuer));
  if (constraints.pathLength !== undefined && between.length > constraints.pathLength)
    throw badChain('path-too-long', position, `${between.length} below, at most ${constraints.pathLength}`);
}

/** By code of our own choice: the library takes a signature in other forms than the one of DER. */
function isSignedBy({ parsed }: Certificate, issuer: Certificate): boolean {
  const key = publicKeyOf(issuer);
  const { unusedBits, valueHexView } = parsed.signatureValue.valueBlock;
  if (key === undefined || unusedBits !== 0) return false;
  try {
    return p256.verify(new Uint8Array(valueHexView), parsed.tbsView, key.bytes, {
      format: 'der',
      lowS: false,
    });
  } catch {
    // Not the DER of a signature: not a valid one.
    return false;
  }
}

/** A second opinion: the library's path validation, on the platform's cryptography; it compares key identifiers too. */
async function askLibrary(path: readonly Certificate[], at: Date): Promise<void> {
  const [anchor, ...below] = path.map(({ parsed }) => parsed).reverse() as [pkijs.Certificate];
  const engine = new pkijs.CertificateChainValidationEngine({
    trustedCerts: [anchor],
    certs: below,
    checkDate: at,
  });
  const { result, resultMessage } = await engine.verify();
  if (!result) throw badChain('refused-by-library', 0, resultMessage);
}

const timeText = (time: Date): string => (Number.isNaN(time.getTime()) ? 'no time' : time.toISOString());

/** What each fault means, for the message. */
const faultTexts: Readonly<Record<ChainFault, string>> = {
  empty: 'no certificate',
  'too-long': `more than ${CHAIN_LENGTH_MAX} certificates`,
  'bad-version': 'a version other than 3',
  'bad-algorithm': 'another signature algorithm than ECDSA with SHA-256',
  'bad-key': 'a key that is not on P-256',
  'duplicate-extension': 'an extension twice',
  'unknown-critical-extension': 'a critical extension that is not understood',
  'leaf-is-ca': 'an authority in the place of a card',
  'leaf-may-not-sign': 'a key usage without digitalSignature',
  'leaf-is-anchor': 'a trust anchor in the place of a card',
  'no-card-serial': 'no serial number of a card in the subject',
  'not-a-ca': 'a certificate that is no authority',
  'may-not-sign-certificates': 'a key usage without keyCertSign',
  'path-too-long': 'more authorities than pathLenConstraint allows',
  'not-yet-valid': 'a certificate that is not valid yet',
  expired: 'an expired certificate',
  'wrong-issuer': 'another issuer than the next certificate',
  'bad-signature': 'a signature that its issuer did not make',
  'no-trust-anchor': 'an issuer that is no trust anchor',
  'refused-by-library': 'a path that the X.509 library refuses',
};

function badChain(
  fault: ChainFault,
  position: number,
  reason?: string,
): AttestationError<'attestation/bad-chain'> {
  const detail = reason === undefined ? '' : ` (${reason})`;
  return new AttestationError(
    'attestation/bad-chain',
    `certificate chain not trusted at certificate ${position}: found ${faultTexts[fault]}${detail}`,
    { fault, position, ...(reason === undefined ? {} : { reason }) },
  );
}
