// SPDX-License-Identifier: Apache-2.0
import * as asn1js from 'asn1js';
import * as pkijs from 'pkijs';
import { type PublicKey, parsePublicKey } from '../../protocol/crypto/public-key.ts';
import { malformed, requireDer } from './der.ts';
import type { AttestationPart } from './errors.ts';

/** Object identifiers of the certificates used here. Source: RFC 5280 §4.2, RFC 5480 §2.1.1, RFC 5758 §3.2. */
export const oid = {
  commonName: '2.5.4.3',
  serialNumber: '2.5.4.5',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  ecPublicKey: '1.2.840.10045.2.1',
  prime256v1: '1.2.840.10045.3.1.7',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
} as const;

/** First byte of a key usage. Source: RFC 5280 §4.2.1.3. */
export const KEY_USAGE_BITS = { digitalSignature: 0x80, keyCertSign: 0x04, cRLSign: 0x02 } as const;

/** A certificate that was read; nothing of it is verified. */
export type Certificate = {
  readonly der: Uint8Array;
  /** As the library reads it. */
  readonly parsed: pkijs.Certificate;
  /** DER of the names, for comparing. */
  readonly subject: Uint8Array;
  readonly issuer: Uint8Array;
};

/** A certificate from exactly its DER. Throws `attestation/malformed`. */
export function parseCertificate(der: Uint8Array, part: AttestationPart = 'certificate'): Certificate {
  requireDer(der, part);
  let parsed: pkijs.Certificate;
  try {
    parsed = new pkijs.Certificate({ schema: asn1js.fromBER(der).result });
  } catch (cause) {
    throw malformed(part, 'no X.509 certificate', cause);
  }
  return {
    der,
    parsed,
    subject: new Uint8Array(parsed.subject.valueBeforeDecode),
    issuer: new Uint8Array(parsed.issuer.valueBeforeDecode),
  };
}

/** The P-256 key that a certificate is for, or undefined for a key of any other kind. */
export function publicKeyOf({ parsed }: Certificate): PublicKey | undefined {
  const { algorithm, subjectPublicKey } = parsed.subjectPublicKeyInfo;
  const curve: unknown = algorithm.algorithmParams;
  if (algorithm.algorithmId !== oid.ecPublicKey || !(curve instanceof asn1js.ObjectIdentifier))
    return undefined;
  if (curve.getValue() !== oid.prime256v1 || subjectPublicKey.valueBlock.unusedBits !== 0) return undefined;
  try {
    return parsePublicKey('P-256', new Uint8Array(subjectPublicKey.valueBlock.valueHexView));
  } catch {
    // No point of the curve: as little a P-256 key as one of another kind.
    return undefined;
  }
}

/** Texts of an attribute in the subject's name, in order. */
export const subjectTexts = ({ parsed }: Certificate, type: string): readonly string[] =>
  parsed.subject.typesAndValues
    .filter((attribute) => attribute.type === type)
    .map(({ value }) => String(value.valueBlock.value));

/** The extension with that identifier, or undefined. */
export const extensionOf = ({ parsed }: Certificate, id: string): pkijs.Extension | undefined =>
  parsed.extensions?.find(({ extnID }) => extnID === id);

/** First byte of the key usage, or undefined where the certificate has none. */
export function keyUsageOf(certificate: Certificate): number | undefined {
  const value: unknown = extensionOf(certificate, oid.keyUsage)?.parsedValue;
  return value instanceof asn1js.BitString ? value.valueBlock.valueHexView[0] : undefined;
}

/** The basic constraints; `pathLength` undefined for a CA without limit. Undefined where there are none. */
export function basicConstraintsOf(
  certificate: Certificate,
): { readonly ca: boolean; readonly pathLength: number | undefined } | undefined {
  const value: unknown = extensionOf(certificate, oid.basicConstraints)?.parsedValue;
  if (!(value instanceof pkijs.BasicConstraints)) return undefined;
  const { cA, pathLenConstraint } = value;
  // A number beyond 2^31 comes as an object of its own; no path is that long.
  return { ca: cA, pathLength: typeof pathLenConstraint === 'number' ? pathLenConstraint : undefined };
}
