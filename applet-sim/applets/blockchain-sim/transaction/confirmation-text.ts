// SPDX-License-Identifier: Apache-2.0
import { toUpperHex } from '../../../../protocol/bytes.ts';
import type { SpendingLimit } from '../../../../protocol/commands/blockchain-sim/key-policy.ts';
import { SW } from '../../../../protocol/status-word.ts';
import { StatusFault } from '../../../runtime/status-fault.ts';
import { addressText } from './address-text.ts';
import type { TransactionSummary, TransferSummary } from './transaction-summary.ts';

/** Bytes of the hash that are shown. */
const HASH_SHOWN = 4;

/**
 * What the holder is asked, in ASCII, at most 164 characters: `Pay 12.50 XTS to bsim1… on
 * bsim-demo? Hash 1A2B3C4D`. An amount has the
 * digits of the limit when it is in the limit's currency; of others the card does not know the digits and says so.
 * `hash` is SHA-256 of the Sig_structure. Throws {@link StatusFault} 6985 for more than one message, which no display
 * would show whole.
 */
export function confirmationText(
  { chainId, messages }: TransactionSummary,
  limit: SpendingLimit | undefined,
  hash: Uint8Array,
): string {
  const [message] = messages;
  if (message === undefined || messages.length > 1) throw new StatusFault(SW.wrongState);
  const { name, transfer } = message;
  const what =
    transfer === undefined
      ? `Sign ${name}`
      : `Pay ${amountText(transfer, limit)} to ${addressText(transfer.to)}`;
  return `${what} on ${chainId}? Hash ${toUpperHex(hash.subarray(0, HASH_SHOWN))}`;
}

function amountText({ currency, amount }: TransferSummary, limit: SpendingLimit | undefined): string {
  if (limit === undefined || limit.currency !== currency) return `${amount} ${currency} (smallest units)`;
  if (limit.digits === 0) return `${amount} ${currency}`;
  const digits = amount.toString().padStart(limit.digits + 1, '0');
  return `${digits.slice(0, -limit.digits)}.${digits.slice(-limit.digits)} ${currency}`;
}
