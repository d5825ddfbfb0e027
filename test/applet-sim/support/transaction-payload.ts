// SPDX-License-Identifier: Apache-2.0
import type { TransactionSummary } from '../../../applet-sim/applets/blockchain-sim/transaction/transaction-summary.ts';
import { type CborValue, encodeCbor } from '../../../protocol/cbor.ts';
import { type PublicKey, publicKeyToCose } from '../../../protocol/crypto/public-key.ts';
import { testSigner } from '../../support/chain.ts';
import { cardReads, sigStructure } from './transaction-feed.ts';

/** The payee of {@link transfer}: bytes 00 to 1F. */
export const payee = Uint8Array.from({ length: 32 }, (_byte, at) => at);

/** The key that signs where a test does not care which. */
export const { publicKey } = testSigner('alice');

/** A transfer, of values that may be wrong. */
export const transfer = (
  amount: CborValue = 1250,
  currency: CborValue = 'XTS',
  to: CborValue = payee,
): CborValue => [
  'money/transfer',
  new Map([
    [1, to],
    [2, currency],
    [3, amount],
  ]),
];

/** A map of CBOR that a test may change. */
export type Fields = Map<number | string, CborValue>;

/** The payload of a transaction; without messages, of one transfer. */
export const payloadOf = (key: PublicKey = publicKey, ...messages: readonly CborValue[]): Fields =>
  new Map<number | string, CborValue>([
    [1, 'bsim-test-1'],
    [2, publicKeyToCose(key)],
    [3, 3],
    [4, 7n],
    [5, 99n],
    [6, messages.length === 0 ? [transfer()] : messages],
  ]);

/** The Sig_structure of a payload that {@link publicKey} is to sign. */
export const structureOf = (payload: CborValue): Uint8Array => sigStructure('P-256', encodeCbor(payload));

/** What the card makes of a transaction of these messages. */
export const readMessages = (...messages: readonly CborValue[]): TransactionSummary | number =>
  cardReads(publicKey, structureOf(payloadOf(publicKey, ...messages)));

/** The summary of {@link payloadOf} without messages. */
export const expectedSummary = {
  chainId: 'bsim-test-1',
  lane: 3,
  sequence: 7n,
  expiry: 99n,
  messages: [{ name: 'money/transfer', transfer: { to: payee, currency: 'XTS', amount: 1250n } }],
  total: { currency: 'XTS', amount: 1250n },
};
