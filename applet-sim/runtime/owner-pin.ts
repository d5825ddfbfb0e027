// SPDX-License-Identifier: Apache-2.0
import { equalBytes } from '../../protocol/bytes.ts';
import type { PinBlock } from '../../protocol/pin.ts';
import { SW, triesLeftStatus } from '../../protocol/status-word.ts';
import { StatusFault } from './status-fault.ts';

/** A PIN or PUK with its retry counter, as it lies in non-volatile memory. */
export type OwnerPin = { readonly block: PinBlock; readonly triesLeft: number };

/**
 * Compares a candidate with the PIN; returns when it is right, and the caller then restores the counter.
 *
 * The counter goes down and is committed before the comparison, so that cutting the power after it, when the card
 * has shown by its time or current what it found, wins no try. The price: power lost between the two commits costs
 * the holder of the right PIN one try. Throws {@link StatusFault} 63CX, or 6983 when no try was left.
 *
 * `commit` must write the PIN durably before it returns.
 */
export function spendTry(pin: OwnerPin, candidate: PinBlock, commit: (spent: OwnerPin) => void): void {
  if (pin.triesLeft === 0) throw new StatusFault(SW.blocked);
  const triesLeft = pin.triesLeft - 1;
  commit({ ...pin, triesLeft });
  if (!equalBytes(pin.block, candidate)) throw new StatusFault(triesLeftStatus(triesLeft));
}
