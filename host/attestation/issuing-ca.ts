// SPDX-License-Identifier: Apache-2.0
import { sha256 } from '@noble/hashes/sha2.js';
import { randomBytes } from '@noble/hashes/utils.js';
import * as asn1js from 'asn1js';
import * as pkijs from 'pkijs';
import { equalBytes, toUpperHex } from '../../protocol/bytes.ts';
import { type PublicKey, publicKeyToSpki, uncompressedPublicKey } from '../../protocol/crypto/public-key.ts';
import { signatureToDer } from '../../protocol/crypto/signature-der.ts';
import type { Signer } from '../../protocol/signer.ts';
import {
  basicConstraintsOf,
  type Certificate,
  extensionOf,
  KEY_USAGE_BITS,
  oid,
  parseCertificate,
  publicKeyOf,
} from './certificate.ts';
import { AttestationError } from './errors.ts';

/** An authority that issues certificates: its own certificate (DER) and what signs with its key on P-256. */
export type CertificateAuthority = { readonly certificate: Uint8Array; readonly signer: Signer };

/** When a certificate is valid. */
export type ValidityOptions = {
  /** The time of issue; now when left out. The certificate is valid from the beginning of that day in UTC. */
  readonly at?: Date;
  /** {@link NO_EXPIRY} when left out. */
  readonly notAfter?: Date;
};

/** What a new authority is. */
export type AuthorityOptions = ValidityOptions & {
  /** What signs with the authority's key on P-256. */
  readonly signer: Signer;
  /** Common name, 1 to 64 characters; short ones keep the certificates on the card short. */
  readonly name: string;
};

/** Common name of a card's certificate. */
export const ATTESTATION_NAME = 'Blockchain SIM attestation';
/** The end of a certificate without a well-defined one, 9999-12-31 23:59:59. Source: RFC 5280 §4.1.2.5. */
export const NO_EXPIRY = new Date(Date.UTC(9999, 11, 31, 23, 59, 59));

/** Longest common name. Source: RFC 5280 appendix A.1, ub-common-name. */
const NAME_MAX = 64;
const DAY_MS = 24 * 60 * 60 * 1000;

/** A self-signed root, below which there is one level of authorities. Throws `attestation/bad-authority`. */
export async function createRootCa(options: AuthorityOptions): Promise<CertificateAuthority> {
  const { signer, name } = options;
  const subject = nameOf([[oid.commonName, utf8String(requireName(name))]]);
  const certificate = await issue(signer, {
    subject,
    issuer: subject,
    publicKey: signer.publicKey,
    validity: options,
    extensions: authorityExtensions(signer.publicKey, 1),
  });
  return { certificate, signer };
}

/** An authority below the root, which issues to cards only. Throws `attestation/bad-authority`. */
export async function createIssuingCa(
  root: CertificateAuthority,
  options: AuthorityOptions,
): Promise<CertificateAuthority> {
  const { signer, name } = options;
  const issuer = requireAuthority(root);
  const certificate = await issue(root.signer, {
    subject: nameOf([[oid.commonName, utf8String(requireName(name))]]),
    issuer: issuer.parsed.subject,
    publicKey: signer.publicKey,
    validity: options,
    extensions: [...authorityExtensions(signer.publicKey, 0), authorityKeyIdentifier(issuer)],
  });
  return { certificate, signer };
}

/** A card that is certified. */
export type CardToCertify = ValidityOptions & {
  /** The card's attestation key, on P-256. */
  readonly publicKey: PublicKey;
  /**
   * The serial number that names the card in the certificate, which anybody may read: 1 to 64 capital letters and
   * digits, random when left out (16 hexadecimal digits). Never the ICCID or IMSI.
   */
  readonly cardSerial?: string;
};

/**
 * The certificate (DER) of a card's attestation key, at most 420 bytes when the authority's name has at most 8
 * characters: CN=Blockchain SIM attestation and the card's serial number, digitalSignature, no authority.
 * Source: RFC 5280 §4. Throws `attestation/bad-authority`.
 */
export async function issueAttestationCertificate(
  authority: CertificateAuthority,
  card: CardToCertify,
): Promise<{ readonly certificate: Uint8Array; readonly cardSerial: string }> {
  const issuer = requireAuthority(authority);
  const { publicKey, cardSerial = toUpperHex(randomBytes(8)) } = card;
  if (publicKey.curve !== 'P-256') throw badAuthority(`a card's key on ${publicKey.curve}, expected P-256`);
  if (!/^[0-9A-Z]{1,64}$/.test(cardSerial))
    throw badAuthority('a card serial of other characters, expected 1 to 64 of 0-9 and A-Z');
  const certificate = await issue(authority.signer, {
    subject: nameOf([
      [oid.commonName, utf8String(ATTESTATION_NAME)],
      [oid.serialNumber, new asn1js.PrintableString({ value: cardSerial })],
    ]),
    issuer: issuer.parsed.subject,
    publicKey,
    validity: card,
    extensions: [
      keyUsage(KEY_USAGE_BITS.digitalSignature, 7),
      basicConstraints(new pkijs.BasicConstraints({ cA: false })),
      subjectKeyIdentifier(publicKey),
      authorityKeyIdentifier(issuer),
    ],
  });
  return { certificate, cardSerial };
}

/** The authority's certificate; throws `attestation/bad-authority` when it and the key do not belong together. */
export function requireAuthority({ certificate, signer }: CertificateAuthority): Certificate {
  const parsed = parseCertificate(certificate);
  const key = publicKeyOf(parsed);
  if (key === undefined || signer.publicKey.curve !== 'P-256')
    throw badAuthority('a certificate or key that is not on P-256');
  if (!equalBytes(key.bytes, signer.publicKey.bytes)) throw badAuthority('a certificate of another key');
  if (basicConstraintsOf(parsed)?.ca !== true) throw badAuthority('a certificate of no authority');
  return parsed;
}

type Content = {
  readonly subject: pkijs.RelativeDistinguishedNames;
  readonly issuer: pkijs.RelativeDistinguishedNames;
  readonly publicKey: PublicKey;
  readonly validity: ValidityOptions;
  readonly extensions: pkijs.Extension[];
};

async function issue(signer: Signer, content: Content): Promise<Uint8Array> {
  if (signer.publicKey.curve !== 'P-256' || content.publicKey.curve !== 'P-256')
    throw badAuthority('a key that is not on P-256');
  const { at = new Date(), notAfter = NO_EXPIRY } = content.validity;
  const notBefore = new Date(Math.floor(at.getTime() / DAY_MS) * DAY_MS);
  if (!(notAfter > notBefore)) throw badAuthority('an end of validity before its beginning');
  const algorithm = new pkijs.AlgorithmIdentifier({ algorithmId: oid.ecdsaWithSha256 });
  const certificate = new pkijs.Certificate({
    version: 2,
    serialNumber: new asn1js.Integer({ valueHex: certificateSerial() }),
    signature: algorithm,
    issuer: content.issuer,
    notBefore: timeOf(notBefore),
    notAfter: timeOf(notAfter),
    subject: content.subject,
    subjectPublicKeyInfo: new pkijs.PublicKeyInfo({
      schema: asn1js.fromBER(publicKeyToSpki(content.publicKey)).result,
    }),
    extensions: content.extensions,
    signatureAlgorithm: algorithm,
  });
  certificate.tbsView = new Uint8Array(certificate.encodeTBS().toBER());
  const signature = signatureToDer(await signer.sign(certificate.tbsView));
  certificate.signatureValue = new asn1js.BitString({ valueHex: signature });
  return new Uint8Array(certificate.toSchema().toBER());
}

/** 16 random bytes of a positive INTEGER that has always that length. Source: RFC 5280 §4.1.2.2. */
function certificateSerial(): Uint8Array {
  const serial = randomBytes(16);
  serial[0] = ((serial[0] as number) & 0x3f) | 0x40;
  return serial;
}

/** UTCTime up to 2049 and GeneralizedTime from 2050. Source: RFC 5280 §4.1.2.5. */
const timeOf = (value: Date): pkijs.Time => {
  const time = new Date(Math.floor(value.getTime() / 1000) * 1000);
  return new pkijs.Time({ type: time.getUTCFullYear() < 2050 ? 0 : 1, value: time });
};

const utf8String = (value: string): asn1js.Utf8String => new asn1js.Utf8String({ value });

/** A name of one attribute in each relative name; the library itself would put all of them into one. */
function nameOf(
  attributes: readonly (readonly [type: string, value: asn1js.Utf8String | asn1js.PrintableString])[],
): pkijs.RelativeDistinguishedNames {
  const relative = attributes.map(
    ([type, value]) =>
      new asn1js.Set({ value: [new pkijs.AttributeTypeAndValue({ type, value }).toSchema()] }),
  );
  const name = new asn1js.Sequence({ value: relative });
  return new pkijs.RelativeDistinguishedNames({ schema: asn1js.fromBER(name.toBER()).result });
}

function requireName(name: string): string {
  if (!/^[^\p{C}]+$/u.test(name) || [...name].length > NAME_MAX)
    throw badAuthority(`a name of other form, expected 1 to ${NAME_MAX} printable characters`);
  return name;
}

const authorityExtensions = (publicKey: PublicKey, pathLength: number): pkijs.Extension[] => [
  keyUsage(KEY_USAGE_BITS.keyCertSign | KEY_USAGE_BITS.cRLSign, 1),
  basicConstraints(new pkijs.BasicConstraints({ cA: true, pathLenConstraint: pathLength })),
  subjectKeyIdentifier(publicKey),
];

const keyUsage = (bits: number, unusedBits: number): pkijs.Extension =>
  extension(oid.keyUsage, true, new asn1js.BitString({ valueHex: Uint8Array.of(bits), unusedBits }));

const basicConstraints = (value: pkijs.BasicConstraints): pkijs.Extension =>
  extension(oid.basicConstraints, true, value.toSchema());

const subjectKeyIdentifier = (publicKey: PublicKey): pkijs.Extension =>
  extension(
    oid.subjectKeyIdentifier,
    false,
    new asn1js.OctetString({ valueHex: keyIdentifierOf(publicKey) }),
  );

const authorityKeyIdentifier = (issuer: Certificate): pkijs.Extension =>
  extension(
    oid.authorityKeyIdentifier,
    false,
    new pkijs.AuthorityKeyIdentifier({
      keyIdentifier: new asn1js.OctetString({ valueHex: issuerKeyIdentifier(issuer) }),
    }).toSchema(),
  );

/** 8 bytes of SHA-256 of the point: RFC 5280 §4.2.1.2 leaves the method free, and the card's memory is small. */
const keyIdentifierOf = (publicKey: PublicKey): Uint8Array =>
  sha256(uncompressedPublicKey(publicKey)).slice(0, 8);

/** The subject key identifier that the issuer's certificate has, whoever made that. */
function issuerKeyIdentifier(issuer: Certificate): Uint8Array {
  const value: unknown = extensionOf(issuer, oid.subjectKeyIdentifier)?.parsedValue;
  if (!(value instanceof asn1js.OctetString))
    throw badAuthority('a certificate without subject key identifier');
  return new Uint8Array(value.valueBlock.valueHexView);
}

const extension = (extnID: string, critical: boolean, value: asn1js.BaseBlock): pkijs.Extension =>
  new pkijs.Extension({ extnID, critical, extnValue: value.toBER() });

const badAuthority = (reason: string): AttestationError<'attestation/bad-authority'> =>
  new AttestationError('attestation/bad-authority', `certificate not issued: found ${reason}`, { reason });
