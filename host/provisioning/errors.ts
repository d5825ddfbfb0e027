// SPDX-License-Identifier: Apache-2.0
import { entry, errorsOf } from '../../protocol/error-table.ts';

/** One fault of an order file; `line` counts from 1, the header included. The text repeats no personal data. */
export type OrderFault = { readonly line: number; readonly column?: string; readonly fault: string };

/** Errors of provisioning a batch of cards. */
export const provisioningErrors = {
  'provisioning/bad-order': entry<{ file: string; faults: readonly OrderFault[] }>(
    'An order file has faults; no card was touched.',
    'Correct the lines listed and run the command again.',
  ),
  'provisioning/order-too-large': entry<{ file: string; bytes: number; limit: number }>(
    'An order file is larger than the toolkit reads at once; no card was touched.',
    'Split the order into several files.',
  ),
  'provisioning/journal-exists': entry<{ journal: string }>(
    'A batch was begun in this directory; no card was touched.',
    'Continue it with --resume, or choose another directory.',
  ),
  'provisioning/no-journal': entry<{ journal: string }>(
    'There is no begun batch to resume in this directory.',
    'Leave --resume out, or name the directory of the begun batch.',
  ),
  'provisioning/other-batch': entry<{ journal: string }>(
    'The begun batch has another order, transport key, operator key, CA, card keys or chain; no card was touched.',
    'Resume with the very files and the node that the batch was begun with.',
  ),
  'provisioning/journal-damaged': entry<{ journal: string; line: number }>(
    'The journal of a batch cannot be read.',
    'Restore it from a copy; without it the toolkit cannot say which cards are finished.',
  ),
  'provisioning/card-mismatch': entry<{ iccid: string; found: string; expected: string }>(
    'A card is not the blank card, or the half-finished card, that the order expects.',
    'Take the card out of the batch, or choose another directory of cards.',
  ),
  'provisioning/bad-transport-key': entry<{ reason: string }>(
    'The transport key that protects PINs and PUKs cannot be used.',
    'Give a PEM file with an EC key on P-256: openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt; its public part is what openssl pkey -pubout makes of that.',
  ),
  'provisioning/bad-secrets': entry<{ reason: string }>(
    'Sealed secrets were opened, but hold no PIN and PUK.',
    'Name the response file that bsim provision wrote.',
  ),
  'provisioning/not-written': entry<{ file: string; reason: string }>(
    'The journal or the response file of a batch cannot be written; what is done stays done.',
    'Check its name, its permissions and the space on the disk, then go on with --resume.',
  ),
  'provisioning/bad-response': entry<{ file: string; reason: string }>(
    'A response file cannot be read, or does not hold the card asked for.',
    'Name the response file that bsim provision wrote, and an ICCID in it.',
  ),
} as const;

/** A code of {@link provisioningErrors}. */
export type ProvisioningErrorCode = keyof typeof provisioningErrors;

/** An error of a batch; facts by code in {@link provisioningErrors}. */
export class ProvisioningError<Code extends ProvisioningErrorCode = ProvisioningErrorCode> extends errorsOf(
  provisioningErrors,
)<Code> {}
