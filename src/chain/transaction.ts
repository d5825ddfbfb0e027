// SPDX-License-Identifier: Apache-2.0
import { toHex } from '../../protocol/bytes.ts';
import {
  asArray,
  asMap,
  asText,
  asUint,
  type CborMap,
  type CborValue,
  decodeCbor,
  encodeCbor,
} from '../../protocol/cbor.ts';
import { decodeSign1, toBeSigned } from '../../protocol/cose.ts';
import { type PublicKey, publicKeyFromCose, publicKeyToCose } from '../../protocol/crypto/public-key.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { type Signer, signSign1, TRANSACTION_TYPE } from '../../protocol/signer.ts';
import { type Address, addressOf } from './address.ts';
import { type ChainId, parseChainId } from './chain-id.ts';
import { ChainError } from './errors.ts';
import type { TxHash } from './hash.ts';
import { portableSha256, type Sha256 } from './sha256.ts';

/** Most bytes that a transaction may have. */
export const MAX_TRANSACTION_LENGTH = 65_536;

/** Most messages that a transaction may hold; the least is one. */
export const MAX_MESSAGES = 16;

/** Highest lane number. */
export const MAX_LANE = 0xffff_ffff;

/** One thing that a transaction asks a module to do. */
export type Message = {
  /** `module/verb`, such as `money/transfer`. */
  readonly name: string;
  /** Fields of the message; the module's README says which. */
  readonly body: CborMap;
};

/** What a signer decides. */
export type TransactionFields = {
  readonly chainId: ChainId;
  /** Which of the signer's parallel sequences: 0 to 2^32-1. */
  readonly lane: number;
  /** The next number of that lane; a fresh lane begins at 0. */
  readonly sequence: bigint;
  /** Last height at which a block may hold the transaction. */
  readonly expiry: bigint;
  /** 1 to 16; all of them take effect or none. */
  readonly messages: readonly Message[];
};

/** A transaction as it was read; its signature is not yet verified. */
export type Transaction = TransactionFields & {
  readonly hash: TxHash;
  readonly signer: PublicKey;
  readonly sender: Address;
  /** The Sig_structure that the signature is over. */
  readonly signedBytes: Uint8Array;
  readonly signature: Uint8Array;
};

/** A public key with its address. */
export type Account = { readonly key: PublicKey; readonly address: Address };

/** What reading a transaction needs; each may be replaced by something faster with the same results. */
export type DecodeOptions = {
  /** Reads and validates a COSE_Key. Throws `protocol/bad-key` or `protocol/bad-cbor`. */
  readonly readKey?: (value: CborValue | undefined) => Account;
  readonly sha256?: Sha256;
};

/** The payload that the signer signs: deterministic CBOR, layout in docs/transaction.md. */
export const transactionPayload = (signer: PublicKey, fields: TransactionFields): Uint8Array =>
  encodeCbor(
    new Map<number, CborValue>([
      [1, fields.chainId],
      [2, publicKeyToCose(signer)],
      [3, fields.lane],
      [4, fields.sequence],
      [5, fields.expiry],
      [6, fields.messages.map((message) => [message.name, message.body])],
    ]),
  );

/** The bytes of a transaction with these fields, signed by the signer. */
export const signTransaction = (signer: Signer, fields: TransactionFields): Promise<Uint8Array> =>
  signSign1(signer, TRANSACTION_TYPE, transactionPayload(signer.publicKey, fields));

/** The hash that names the transaction with this payload: SHA-256 of its Sig_structure, which an ECDSA key signs. */
export const hashOf = (signer: PublicKey, payload: Uint8Array): TxHash =>
  portableSha256(toBeSigned(signer.curve, TRANSACTION_TYPE, payload)) as TxHash;

/** The hash as 64 lower-case hexadecimal digits. */
export const formatTxHash = (hash: TxHash): string => toHex(hash);

/**
 * Reads a transaction; everything is checked but the signature and the state of the chain.
 * Throws `chain/transaction-too-large` or `chain/bad-transaction`, whose cause says more.
 */
export function decodeTransaction(bytes: Uint8Array, options: DecodeOptions = {}): Transaction {
  if (bytes.length > MAX_TRANSACTION_LENGTH) {
    throw new ChainError(
      'chain/transaction-too-large',
      `transaction not read: found ${bytes.length} bytes, expected at most ${MAX_TRANSACTION_LENGTH}`,
      { length: bytes.length, limit: MAX_TRANSACTION_LENGTH },
    );
  }
  const { readKey = readAccount, sha256 = portableSha256 } = options;
  try {
    const { curve, payload, signature } = decodeSign1(bytes, TRANSACTION_TYPE);
    const map = asMap(decodeCbor(payload), 'transaction', [1, 2, 3, 4, 5, 6]);
    const { key, address } = readKey(map.get(2));
    if (key.curve !== curve) throw badTransaction(`algorithm of ${curve} with a key on ${key.curve}`);
    const signedBytes = toBeSigned(curve, TRANSACTION_TYPE, payload);
    return {
      chainId: parseChainId(asText(map.get(1), 'chain id')),
      lane: laneOf(asUint(map.get(3), 'lane')),
      sequence: asUint(map.get(4), 'sequence'),
      expiry: asUint(map.get(5), 'expiry'),
      messages: messagesOf(map.get(6)),
      hash: sha256(signedBytes) as TxHash,
      signer: key,
      sender: address,
      signedBytes,
      signature,
    };
  } catch (cause) {
    if (
      cause instanceof ProtocolError ||
      (cause instanceof ChainError && cause.code !== 'chain/bad-transaction')
    )
      throw badTransaction(cause.message, { cause });
    throw cause;
  }
}

/** The account of a COSE_Key, with portable code. Throws `protocol/bad-key` or `protocol/bad-cbor`. */
export function readAccount(value: CborValue | undefined): Account {
  const key = publicKeyFromCose(value);
  return { key, address: addressOf(key) };
}

function laneOf(lane: bigint): number {
  if (lane > BigInt(MAX_LANE)) throw badTransaction(`lane ${lane}, expected at most ${MAX_LANE}`);
  return Number(lane);
}

function messagesOf(value: CborValue | undefined): readonly Message[] {
  const list = asArray(value, 'messages');
  if (list.length === 0 || list.length > MAX_MESSAGES)
    throw badTransaction(`${list.length} messages, expected 1 to ${MAX_MESSAGES}`);
  return list.map((item) => {
    const parts = asArray(item, 'message');
    const [name, body] = parts;
    if (parts.length !== 2 || typeof name !== 'string' || !(body instanceof Map))
      throw badTransaction('a message of another form, expected [name, map]');
    return { name, body: body as CborMap };
  });
}

function badTransaction(reason: string, options: { readonly cause?: unknown } = {}): ChainError {
  return new ChainError(
    'chain/bad-transaction',
    `transaction not read: found ${reason}`,
    { reason },
    options,
  );
}
