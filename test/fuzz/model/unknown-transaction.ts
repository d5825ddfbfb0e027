// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { toHex } from '../../../protocol/bytes.ts';
import { uncompressedCardPublicKey } from '../../../protocol/crypto/card-curve.ts';
import type { Curve } from '../../../protocol/crypto/curve.ts';
import { chainReads } from '../../applet-sim/support/transaction-feed.ts';
import type { KnownTransaction } from '../transactions.ts';

/** What the chain's own decoder makes of bytes that a card signed and the grammar did not make as they are. */
export function readUnknown(bytes: Uint8Array, curve: Curve): KnownTransaction | undefined {
  const read = chainReads(bytes);
  if (read === undefined || read.signer.curve !== curve) return undefined;
  const paid = read.messages.flatMap(({ name, body }) =>
    name === 'money/transfer' ? [[String(body.get(2)), BigInt(body.get(3) as bigint | number)] as const] : [],
  );
  const [first] = paid;
  const total =
    first === undefined
      ? {}
      : { total: { currency: first[0], amount: paid.reduce((sum, [, amount]) => sum + amount, 0n) } };
  return {
    bytes,
    hash: new Uint8Array(createHash('sha256').update(bytes).digest()),
    curve,
    point: toHex(uncompressedCardPublicKey(read.signer)),
    names: read.messages.map(({ name }) => name),
    ...total,
  };
}
