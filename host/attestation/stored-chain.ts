// SPDX-License-Identifier: Apache-2.0
import { concat } from '../../protocol/bytes.ts';
import { endOfSequence, requireDer } from './der.ts';

/**
 * A certificate chain as a card stores it: DER certificates one behind the other, the leaf first, the root left out.
 * Throws `attestation/malformed`.
 */
export function joinCertificates(chain: readonly Uint8Array[]): Uint8Array {
  for (const certificate of chain) requireDer(certificate, 'certificate');
  return concat(...chain);
}

/**
 * The certificates of what {@link joinCertificates} writes, in order; none of no bytes. Only their outermost lengths are
 * read. Throws `attestation/malformed`.
 */
export function splitCertificates(bytes: Uint8Array): readonly Uint8Array[] {
  const chain: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = endOfSequence(bytes, at, 'certificate');
    chain.push(bytes.slice(at, end));
    at = end;
  }
  return chain;
}
