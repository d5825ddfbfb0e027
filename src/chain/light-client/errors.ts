// SPDX-License-Identifier: Apache-2.0
import { entry, errorsOf } from '../../../protocol/error-table.ts';

/** Errors of the light client: what a node gave is not what the chain of the genesis has. */
export const lightClientErrors = {
  'light-client/bad-header': entry<{ reason: string }>(
    'Bytes are not a signed header of a chain.',
    'Ask another node, and report this one.',
  ),
  'light-client/wrong-chain': entry<{ found: string; expected: string }>(
    'A header is of another chain or another genesis.',
    'Use the genesis file of the chain that the node is on.',
  ),
  'light-client/bad-signature': entry<{ what: string }>(
    'A signature is not valid.',
    'Do not believe what was signed; ask another node, and report this one.',
  ),
  'light-client/bad-proof': entry<{ reason: string }>(
    'Bytes are not a proof.',
    'Ask another node, and report this one.',
  ),
  'light-client/proof-mismatch': entry<{ what: string }>(
    'A proof does not lead to the root that the header commits to.',
    'Do not believe what was to be proven; check that module, key and header belong together, or ask another node.',
  ),
  'light-client/bad-transaction': entry<{ reason: string }>(
    'Bytes are not a transaction of this chain.',
    'Ask another node, and report this one.',
  ),
} as const;

/** A code of {@link lightClientErrors}. */
export type LightClientErrorCode = keyof typeof lightClientErrors;

/** An error of the light client; facts by code in {@link lightClientErrors}. */
export class LightClientError<Code extends LightClientErrorCode = LightClientErrorCode> extends errorsOf(
  lightClientErrors,
)<Code> {}
