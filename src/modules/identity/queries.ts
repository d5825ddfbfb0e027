// SPDX-License-Identifier: Apache-2.0
import { equalBytes } from '../../../protocol/bytes.ts';
import type { Did } from '../../chain/did.ts';
import type { StateReader, StateScanner } from '../../chain/module.ts';
import { type DidResolution, didResolution } from './did-document.ts';
import { decodeIdentity, didKey, didPrefix, encodeIdentity, type IdentityRecord } from './state.ts';

/** What the chain keeps of a DID; undefined when it has none. Throws `chain/bad-did`. */
export function readIdentity(state: StateReader, did: Did): IdentityRecord | undefined {
  const value = state.get(didKey(did));
  return value === undefined ? undefined : decodeIdentity(value);
}

/** Document and metadata of a DID, also of a deactivated one; undefined when the chain has none. Throws `chain/bad-did`. */
export function resolve(state: StateReader, did: Did): DidResolution | undefined {
  const record = readIdentity(state, did);
  return record === undefined ? undefined : didResolution(did, record);
}

/** Invariant: each record reads back to the bytes stored, and was not changed after the present or before creation. */
export async function recordsAreConsistent(state: StateScanner): Promise<string | undefined> {
  for await (const [, value] of state.entries(didPrefix)) {
    const record = decodeIdentity(value);
    if (!equalBytes(encodeIdentity(record), value)) return 'found a record of another form';
    if (record.created.height > record.updated.height || record.updated.height > state.height)
      return `found a change at height ${record.updated.height}, expected one from ${record.created.height} to ${state.height}`;
    if (record.deactivated !== record.version > 1n)
      return `found version ${record.version} with deactivated ${record.deactivated}`;
  }
  return undefined;
}
