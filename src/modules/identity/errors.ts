// SPDX-License-Identifier: Apache-2.0
import { entry, errorsOf } from '../../../protocol/error-table.ts';

/** Errors of the module identity. */
export const identityErrors = {
  'identity/bad-possession': entry<{ reason: string }>(
    'A proof of possession does not fit the key, the chain or the sender.',
    'Have the key of the DID sign chain id, DID and sender anew.',
  ),
  'identity/possession-expired': entry<{ expiry: bigint; height: bigint }>(
    'A proof of possession came after its expiry height.',
    'Have the key of the DID sign a new proof.',
  ),
  'identity/possession-too-long': entry<{ expiry: bigint; latest: bigint }>(
    'A proof of possession expires too far ahead.',
    'Sign one whose expiry lies inside the window of the chain.',
  ),
  'identity/exists': entry<{ did: string }>(
    'The DID is already on the chain.',
    'Resolve it; a key has one DID only.',
  ),
  'identity/deactivated': entry<{ did: string }>(
    'The DID was deactivated, which is final.',
    'Create a DID with a new key.',
  ),
  'identity/not-found': entry<{ did: string }>(
    'The chain has no such DID.',
    'Create it first, or look for a mistyped DID.',
  ),
  'identity/not-controller': entry<{ did: string }>(
    'The sender does not control the DID.',
    'Send the transaction from the account that created the DID.',
  ),
  'identity/bad-did': entry<{ reason: string }>(
    'A message names a DID of another form or chain.',
    'Write did:bsim:<chain id>:<address> with the id of this chain.',
  ),
} as const;

/** A code of {@link identityErrors}. */
export type IdentityErrorCode = keyof typeof identityErrors;

/** An error of the module identity; facts by code in {@link identityErrors}. */
export class IdentityError<Code extends IdentityErrorCode = IdentityErrorCode> extends errorsOf(
  identityErrors,
)<Code> {}
