// SPDX-License-Identifier: Apache-2.0
import { base64urlnopad } from '@scure/base';
import { type PublicKey, uncompressedPublicKey } from '../../../protocol/crypto/public-key.ts';
import { type Did, didOf, didParts } from '../../chain/did.ts';
import type { IdentityRecord, Moment } from './state.ts';

/** A public key as JSON Web Key. Source: RFC 7517 §4; RFC 8812 §3.1 (secp256k1); RFC 8037 §2 (Ed25519). */
export type PublicKeyJwk =
  | { readonly kty: 'EC'; readonly crv: 'P-256' | 'secp256k1'; readonly x: string; readonly y: string }
  | { readonly kty: 'OKP'; readonly crv: 'Ed25519'; readonly x: string };

/** A verification method of type JsonWebKey. Source: W3C DID Core 1.0 §5.2; Controlled Identifiers 1.0 §2.2.3. */
export type VerificationMethod = {
  readonly id: string;
  readonly type: 'JsonWebKey';
  readonly controller: Did;
  readonly publicKeyJwk: PublicKeyJwk;
};

/** A DID document. Source: W3C DID Core 1.0 §5. */
export type DidDocument = {
  readonly '@context': readonly string[];
  readonly id: Did;
  readonly controller: Did;
  readonly verificationMethod?: readonly VerificationMethod[];
  readonly authentication?: readonly string[];
  readonly assertionMethod?: readonly string[];
};

/** Facts about a DID document. Source: W3C DID Core 1.0 §7.1.3. */
export type DidDocumentMetadata = {
  /** Time of the block in UTC, whole seconds. */
  readonly created: string;
  readonly updated: string;
  readonly versionId: string;
  readonly deactivated: boolean;
};

/** A DID document with its metadata. Source: W3C DID Core 1.0 §7.1. */
export type DidResolution = {
  readonly didDocument: DidDocument;
  readonly didDocumentMetadata: DidDocumentMetadata;
};

/** Document and metadata of a DID's record; a deactivated DID has no verification method left. */
export function didResolution(did: Did, record: IdentityRecord): DidResolution {
  return {
    didDocument: didDocument(did, record),
    didDocumentMetadata: {
      created: dateTime(record.created),
      updated: dateTime(record.updated),
      versionId: record.version.toString(),
      deactivated: record.deactivated,
    },
  };
}

/** The DID document of a record. */
export function didDocument(did: Did, record: IdentityRecord): DidDocument {
  const head = {
    '@context': ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/jwk/v1'],
    id: did,
    controller: didOf(didParts(did).chainId, record.controller),
  } as const;
  if (record.deactivated) return head;
  const methods = record.keys.map(
    ({ fragment, key }): VerificationMethod => ({
      id: `${did}#${fragment}`,
      type: 'JsonWebKey',
      controller: did,
      publicKeyJwk: publicKeyToJwk(key),
    }),
  );
  const ids = methods.map((method) => method.id);
  return { ...head, verificationMethod: methods, authentication: ids, assertionMethod: ids };
}

/** The key as JSON Web Key. */
export function publicKeyToJwk(key: PublicKey): PublicKeyJwk {
  const point = uncompressedPublicKey(key);
  if (key.curve === 'Ed25519') return { kty: 'OKP', crv: key.curve, x: base64urlnopad.encode(point) };
  return {
    kty: 'EC',
    crv: key.curve,
    x: base64urlnopad.encode(point.subarray(1, 33)),
    y: base64urlnopad.encode(point.subarray(33)),
  };
}

// DID Core §7.1.3 wants XML Schema dateTime in UTC without parts of a second.
const dateTime = ({ time }: Moment): string => `${new Date(Number(time)).toISOString().slice(0, 19)}Z`;
