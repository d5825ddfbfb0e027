// SPDX-License-Identifier: Apache-2.0
import { entry, errorsOf } from '../../protocol/error-table.ts';

/** Errors of the ledger: texts and bytes that do not parse, transactions refused, the node and its data. */
export const chainErrors = {
  'chain/bad-chain-id': entry<{ length: number }>(
    'A chain id has the wrong length or alphabet.',
    'Use 1 to 32 characters a-z, 0-9 and hyphen.',
  ),
  'chain/bad-address': entry<{ reason: string }>(
    'A text or byte string is not an address.',
    'Copy the whole address; it begins with bsim1 and has 63 characters.',
  ),
  'chain/bad-did': entry<{ reason: string }>(
    'A text is not a DID of the method bsim.',
    'Write did:bsim:<chain id>:<address>.',
  ),
  'chain/bad-hash': entry<{ length: number }>(
    'A text is not a hash of 32 bytes.',
    'Write 64 hexadecimal digits.',
  ),
  'chain/bad-genesis': entry<{ path: string; reason: string }>(
    'A genesis file is not valid.',
    'Correct the value at the JSON path named.',
  ),
  'chain/bad-transaction': entry<{ reason: string }>(
    'Bytes are not a transaction.',
    'Encode it as docs/transaction.md says.',
  ),
  'chain/transaction-too-large': entry<{ length: number; limit: number }>(
    'A transaction has more bytes than allowed.',
    'Split its messages over several transactions.',
  ),
  'chain/bad-signature': entry<{ hash: string }>(
    'The signature of a transaction is not valid.',
    'Sign the Sig_structure of this payload with the key that the payload names; ECDSA needs low s.',
  ),
  'chain/wrong-chain': entry<{ found: string; expected: string }>(
    'A transaction is for another chain.',
    'Sign it with the chain id of this chain.',
  ),
  'chain/expired': entry<{ expiry: bigint; height: bigint }>(
    'A transaction came after its expiry height.',
    'Sign it again with a later expiry.',
  ),
  'chain/expiry-too-far': entry<{ expiry: bigint; latest: bigint }>(
    'The expiry height of a transaction is too far ahead.',
    'Sign it again with an expiry inside the window of the chain.',
  ),
  'chain/wrong-sequence': entry<{ lane: number; found: bigint; expected: bigint }>(
    'A transaction does not carry the next sequence of its lane.',
    'Ask the node for the account, sign again with the sequence expected.',
  ),
  'chain/unknown-message': entry<{ message: string }>(
    'No module of this chain has a message of that name.',
    'Use a message module/verb that docs/transaction.md lists.',
  ),
  'chain/bad-message': entry<{ message: string; reason: string }>(
    'The body of a message does not have the form of that message.',
    'Encode it as the README of the module says.',
  ),
  'chain/duplicate-transaction': entry<{ hash: string }>(
    'The same transaction is already waiting or committed.',
    'Wait for it by its hash.',
  ),
  'chain/mempool-full': entry<{ transactions: number; bytes: number; retryAfterMs: number }>(
    'The node has no room for another waiting transaction.',
    'Send it again after the time named.',
  ),
  'chain/wait-timeout': entry<{ hash: string; timeoutMs: number }>(
    'A transaction was not committed in the time given.',
    'Wait again, or look whether it expired.',
  ),
  'chain/dropped': entry<{ hash: string; code: string }>(
    'A waiting transaction became invalid before it came into a block.',
    'Sign it again with the next sequence and a later expiry.',
  ),
  'chain/unknown-module': entry<{ module: string }>(
    'The chain has no module of that name.',
    'Ask the status of the node for its modules.',
  ),
  'chain/unknown-height': entry<{ height: bigint; head: bigint }>(
    'The chain has no block of that height.',
    'Use a height from 1 to the height of the head.',
  ),
  'chain/driver-missing': entry<{ driver: string }>(
    'The embedded database is not installed or does not load here.',
    'Run npm install classic-level on a platform that it supports.',
  ),
  'chain/data-directory-in-use': entry<{ directory: string }>(
    'Another process has the data directory open.',
    'Stop the process that uses it, or name another directory.',
  ),
  'chain/data-damaged': entry<{ what: string }>(
    'Stored data is not what was written.',
    'Restore the data directory from a copy; do not go on with this one.',
  ),
  'chain/store-failed': entry<{ operation: string }>(
    'The database could not read or write.',
    'Look at the cause: a full disk or missing rights are the common ones; then start the node again.',
  ),
  'chain/not-initialised': entry<{ directory: string }>(
    'A directory holds no node.',
    'Run bsim node init first.',
  ),
  'chain/already-initialised': entry<{ directory: string }>(
    'A directory already holds a node.',
    'Use another directory; nothing was changed.',
  ),
  'chain/genesis-mismatch': entry<{ found: string; expected: string }>(
    'Data or a file belongs to another genesis.',
    'Use the genesis file that the data was made from.',
  ),
  'chain/wrong-producer-key': entry<{ expected: string }>(
    'The key of this node is not the producer key of the genesis.',
    'Use the producer.pem that belongs to the genesis.',
  ),
  'chain/bad-producer-key': entry<{ reason: string }>(
    'A file holds no private key that can produce blocks.',
    'Give a PKCS#8 PEM of a P-256, secp256k1 or Ed25519 key.',
  ),
  'chain/invalid-block': entry<{ height: bigint; reason: string }>(
    'A block breaks a rule of the chain.',
    'Do not use it; ask another source.',
  ),
  'chain/replay-mismatch': entry<{ height: bigint; what: string; module: string }>(
    'A replay from genesis gives another result than the stored chain.',
    'Keep the data directory and report it: data is damaged or the program differs.',
  ),
  'chain/invariant-broken': entry<{ module: string; invariant: string; reason: string }>(
    'A rule that must hold at every height does not.',
    'Stop the node, keep the data directory and report it.',
  ),
  'chain/module-fault': entry<{ module: string }>(
    'A module failed in a way that it does not name; the transaction was reverted.',
    'Report it with the transaction.',
  ),
  'chain/bad-module': entry<{ module: string; reason: string }>(
    'The modules given to a node do not fit together.',
    'Give each module a name of its own, and each section of the genesis its module.',
  ),
  'chain/stopped': entry<{ reason: string }>(
    'The node no longer takes transactions.',
    'Look at the cause, then start the node again.',
  ),
  'chain/bad-header': entry<{ reason: string }>(
    'Bytes are not a signed block header.',
    'Encode it as docs/proof-format.md says.',
  ),
  'chain/bad-proof': entry<{ reason: string }>(
    'Bytes are not a proof of this chain.',
    'Encode it as docs/proof-format.md says.',
  ),
} as const;

/** A code of {@link chainErrors}. */
export type ChainErrorCode = keyof typeof chainErrors;

/** An error of the ledger; facts by code in {@link chainErrors}. */
export class ChainError<Code extends ChainErrorCode = ChainErrorCode> extends errorsOf(chainErrors)<Code> {}
