// SPDX-License-Identifier: Apache-2.0
import type { PinBlock } from '../../protocol/pin.ts';
import { SW } from '../../protocol/status-word.ts';
import { StatusFault } from './status-fault.ts';

/** A PIN or PUK with its retry counter, as it lies in non-volatile memory. */
export type OwnerPin = { readonly block: PinBlock; readonly triesLeft: number };

/**
 * Spends a try of a PIN, whatever is compared next, and gives the PIN with the tries that are left.
 *
 * The counter goes down and is committed before the comparison, so that cutting the power after it, when the card
 * has shown by its time or current what it found, wins no try. The price: power lost between the two commits costs
 * the holder of the right PIN one try. Throws {@link StatusFault} 6983 when no try was left.
 *
 * `commit` must write the PIN durably before it returns.
 */
export function spendTry(pin: OwnerPin, commit: (spent: OwnerPin) => void): OwnerPin {
  if (pin.triesLeft === 0) throw new StatusFault(SW.blocked);
  const spent = { ...pin, triesLeft: pin.triesLeft - 1 };
  commit(spent);
  return spent;
}
