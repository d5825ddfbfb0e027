// SPDX-License-Identifier: Apache-2.0
import { readUint64, uint64 } from '../../protocol/bytes.ts';
import { ADDRESS_LENGTH, type Address } from './address.ts';
import type { StateReader, StateWriter } from './module.ts';

// Keys of the namespace `accounts`, which belongs to the ledger itself:
//   address (32) ‖ lane (4, big-endian) → next sequence, uint64 big-endian; absent when 0

/** Namespace of the accounts; no module may have this name. */
export const ACCOUNTS = 'accounts';

/** State key of an account's lane, for reading it with a proof. */
export function laneKey(address: Address, lane: number): Uint8Array {
  const key = new Uint8Array(ADDRESS_LENGTH + 4);
  key.set(address);
  new DataView(key.buffer).setUint32(ADDRESS_LENGTH, lane);
  return key;
}

/** The next sequence of a stored or proven value; an absent value is 0. */
export const decodeSequence = (value: Uint8Array | undefined): bigint =>
  value === undefined ? 0n : readUint64(value);

/** The next sequence of an account's lane. */
export const nextSequence = (state: Pick<StateReader, 'get'>, address: Address, lane: number): bigint =>
  decodeSequence(state.get(laneKey(address, lane)));

/** Sets the next sequence of an account's lane. */
export const setSequence = (state: StateWriter, address: Address, lane: number, sequence: bigint): void =>
  state.set(laneKey(address, lane), uint64(sequence));
