// SPDX-License-Identifier: Apache-2.0
import { decode } from 'cborg';
import {
  type TransactionReader,
  transactionReader,
} from '../../../applet-sim/applets/blockchain-sim/transaction/transaction-reader.ts';
import type { TransactionKey } from '../../../applet-sim/applets/blockchain-sim/transaction/transaction-steps.ts';
import type { TransactionSummary } from '../../../applet-sim/applets/blockchain-sim/transaction/transaction-summary.ts';
import { StatusFault } from '../../../applet-sim/runtime/status-fault.ts';
import { concat, equalBytes, fromHex, toHex } from '../../../protocol/bytes.ts';
import type { Curve } from '../../../protocol/crypto/curve.ts';
import { createKeyCache } from '../../../src/chain/crypto/key-cache.ts';
import { ChainError } from '../../../src/chain/errors.ts';
import { decodeTransaction, type Transaction } from '../../../src/chain/transaction.ts';

/** COSE algorithms as they are encoded. Source: RFC 9053 §2, RFC 8812 §3. */
const algorithm: Readonly<Record<Curve, string>> = { 'P-256': '26', secp256k1: '382e', Ed25519: '27' };

/** {1: alg, 16: typ} of RFC 9052 and RFC 9596, by hand. */
export const protectedHeader = (curve: Curve, type = 'bsim-tx+cbor'): Uint8Array =>
  fromHex(
    `a201${algorithm[curve]}10${toHex(Uint8Array.of(0x60 | type.length))}${Buffer.from(type).toString('hex')}`,
  );

/** A byte string with its head, by hand. */
export function byteString(content: Uint8Array): Uint8Array {
  const { length } = content;
  if (length < 24) return concat(Uint8Array.of(0x40 | length), content);
  if (length < 256) return concat(Uint8Array.of(0x58, length), content);
  return concat(Uint8Array.of(0x59, length >> 8, length & 0xff), content);
}

/** The Sig_structure of RFC 9052 §4.4, by hand. */
export const sigStructure = (
  curve: Curve,
  payload: Uint8Array,
  header: Uint8Array = protectedHeader(curve),
): Uint8Array =>
  concat(fromHex('846a5369676e617475726531'), byteString(header), fromHex('40'), byteString(payload));

/** What the card makes of the parts: its summary, or the status word of its refusal. Any other fault is thrown. */
export function cardReads(
  publicKey: TransactionKey,
  ...parts: readonly Uint8Array[]
): TransactionSummary | number {
  try {
    const reader: TransactionReader = transactionReader({ publicKey });
    for (const part of parts) reader.write(part);
    return reader.end();
  } catch (fault) {
    if (fault instanceof StatusFault) return fault.sw;
    throw fault;
  }
}

const { readKey } = createKeyCache();

/**
 * What the chain makes of the transaction whose signature is over exactly these bytes, by its own decoder; undefined when
 * it refuses or would verify the signature over others. A lenient decoder takes the Sig_structure apart, so that the chain
 * is the one to judge its form.
 */
export function chainReads(structure: Uint8Array): Transaction | undefined {
  let parts: readonly unknown[];
  try {
    parts = decode(structure, { useMaps: true });
  } catch {
    return undefined;
  }
  const [, header, , payload] = Array.isArray(parts) ? parts : [];
  if (!(header instanceof Uint8Array) || !(payload instanceof Uint8Array)) return undefined;
  const transaction = concat(
    fromHex('d284'),
    byteString(header),
    fromHex('a0'),
    byteString(payload),
    byteString(new Uint8Array(64)),
  );
  try {
    const read = decodeTransaction(transaction, { readKey });
    return equalBytes(read.signedBytes, structure) ? read : undefined;
  } catch (error) {
    if (error instanceof ChainError) return undefined;
    throw error;
  }
}
