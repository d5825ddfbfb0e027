// SPDX-License-Identifier: Apache-2.0
import { wipe } from '../../protocol/bytes.ts';
import { asArray, asBytes, asUint, type CborValue, decodeCbor, encodeCbor } from '../../protocol/cbor.ts';
import { ToolkitError } from '../../protocol/error-table.ts';
import { EmulatorError } from '../errors.ts';

/** A value as a record: deterministic CBOR in a plain array of its own, never a part of a buffer pool. */
export function encodeRecord(value: CborValue): Uint8Array {
  const pooled = encodeCbor(value);
  const bytes = new Uint8Array(pooled);
  wipe(pooled);
  return bytes;
}

/** The value of a record. Throws `emulator/card-image-not-read`, as does what `read` throws of the toolkit's errors. */
export function decodeRecord<Value>(bytes: Uint8Array, read: (value: CborValue) => Value): Value {
  try {
    return read(decodeCbor(bytes));
  } catch (cause) {
    if (cause instanceof EmulatorError || !(cause instanceof ToolkitError)) throw cause;
    throw notRead(cause.message, { cause });
  }
}

/** An array of so many elements. */
export function elements(value: CborValue | undefined, name: string, count: number): readonly CborValue[] {
  const found = asArray(value, name);
  if (found.length !== count) throw notRead(`found ${name} of ${found.length} elements, expected ${count}`);
  return found;
}

/** A copy of a byte string, because the record that it may be a view of is wiped. */
export const copied = (value: CborValue | undefined, name: string, length?: number): Uint8Array =>
  new Uint8Array(asBytes(value, name, length));

/** A small integer. */
export function integer(value: CborValue | undefined, name: string, min: number, max: number): number {
  const found = asUint(value, name);
  if (found < BigInt(min) || found > BigInt(max))
    throw notRead(`found ${name} ${found}, expected ${min} to ${max}`);
  return Number(found);
}

/** The error of records that are not those of this card. */
export const notRead = (
  reason: string,
  options: { readonly cause?: unknown } = {},
): EmulatorError<'emulator/card-image-not-read'> =>
  new EmulatorError('emulator/card-image-not-read', `card image not read: ${reason}`, { reason }, options);
