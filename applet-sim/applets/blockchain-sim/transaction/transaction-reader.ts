// SPDX-License-Identifier: Apache-2.0
import { equalBytes } from '../../../../protocol/bytes.ts';
import { SIGNED_BYTES_MAX } from '../../../../protocol/commands/blockchain-sim/security-operation.ts';
import { curves } from '../../../../protocol/crypto/curve.ts';
import { SW } from '../../../../protocol/status-word.ts';
import { StatusFault } from '../../../runtime/status-fault.ts';
import { cborReader, MAJOR, type Major } from './cbor-reader.ts';
import {
  argumentRanges,
  bodySteps,
  createdKeySteps,
  messageSteps,
  payloadSteps,
  type Step,
  sigStructurePrefix,
  stringLengths,
  type Taken,
  type TransactionKey,
  unknownBodySteps,
  xOf,
} from './transaction-steps.ts';
import type { MessageSummary, TransactionSummary } from './transaction-summary.ts';

/** Reads a transaction that comes in parts of any length. */
export type TransactionReader = {
  /** Reads on. Throws {@link StatusFault} 6A80, and again for all that follows. */
  write(part: Uint8Array): void;
  /** What was read. Throws {@link StatusFault} 6A80 when the transaction is not complete. */
  end(): TransactionSummary;
};

/** What the reader must know. */
export type TransactionReaderOptions = {
  /** The key that is to sign; the transaction must name it as its signer. */
  readonly publicKey: TransactionKey;
};

const UINT64_MAX = 0xffff_ffff_ffff_ffffn;
/** Open arrays and maps where a message ends, and where its body ends. */
const MESSAGE_DEPTH = 2;
const BODY_DEPTH = 3;

/**
 * A reader of a Sig_structure ["Signature1", protected, h'', payload] that is a transaction of this key, by the rules of
 * docs/transaction.md; it refuses all else. Deterministic order leaves one sequence of heads, so it goes through lists
 * of steps. Bodies of messages that it does not know are passed over as any deterministic map, of which only the name is
 * known then: whether that may be signed is for the policy to say. It keeps none of the bytes but one string of at most
 * 32 while that comes in.
 *
 * On a chip its state, with that of the CBOR reader 299, is 475 bytes: phase, place in the prefix, list and step 4; bytes
 * left of the payload 2 and read so far 2; the string 32 and its length 1; flags 1; chain id 33; lane 4; sequence and
 * expiry 16; name 33; payee 32; amount and sum 16.
 *
 * Source: RFC 9052 §4.4 (Sig_structure).
 */
export function transactionReader({ publicKey }: TransactionReaderOptions): TransactionReader {
  const prefix = sigStructurePrefix(publicKey.curve);
  const ownX = xOf(publicKey);
  const string = new Uint8Array(32);
  let stringLength = 0;
  /** The string that comes in now, when it is one to keep. */
  let keeping: Taken | undefined;
  let steps: readonly Step[] = payloadSteps(publicKey);
  let step = 0;
  let skipping = false;
  let chainId = '';
  let lane = 0;
  let sequence = 0n;
  let expiry = 0n;
  let name: string | undefined;
  let to = new Uint8Array(0);
  let currency = '';
  let amount = 0n;
  let total: TransactionSummary['total'];
  const messages: MessageSummary[] = [];

  function goTo(next: readonly Step[]): void {
    steps = next;
    step = 0;
  }

  function takeArgument(takes: Taken, argument: bigint): void {
    const [least, most] = argumentRanges[takes] ?? [0n, UINT64_MAX];
    if (argument < least || argument > most) refuse();
    switch (takes) {
      case 'lane':
        lane = Number(argument);
        break;
      case 'sequence':
        sequence = argument;
        break;
      case 'expiry':
        expiry = argument;
        break;
      case 'amount':
        amount = argument;
        break;
      case 'messageCount':
        goTo(messageSteps);
        break;
      case 'keyMembers':
        goTo(createdKeySteps(argument));
        break;
      case 'ellipticCurve':
        if (!ELLIPTIC_CURVES.includes(argument)) refuse();
        break;
      case 'anyMap':
        skipping = true;
        break;
      default:
    }
  }

  function beginString(takes: Taken, length: bigint): void {
    const lengths = stringLengths[takes];
    if (lengths === undefined) return;
    if (length < lengths[0] || length > lengths[1]) refuse();
    if (takes === 'x') return;
    keeping = takes;
    stringLength = 0;
  }

  function takeString(takes: Taken): void {
    const bytes = string.subarray(0, stringLength);
    switch (takes) {
      case 'chainId':
        if (!bytes.every(isNameCharacter)) refuse();
        chainId = ascii(bytes);
        break;
      case 'ownX':
        if (!equalBytes(bytes, ownX)) refuse();
        break;
      case 'name':
        if (!isMessageName(bytes)) refuse();
        name = ascii(bytes);
        goTo(bodySteps.get(name) ?? unknownBodySteps);
        break;
      case 'to':
        to = bytes.slice();
        break;
      case 'currency':
        if (!bytes.every(isCapital)) refuse();
        currency = ascii(bytes);
        break;
      default:
    }
  }

  function endMessage(of: string): void {
    if (of === TRANSFER) {
      messages.push({ name: of, transfer: { to, currency, amount } });
      // One sum of two currencies would mean nothing, and a chip has room for one.
      if (total !== undefined && total.currency !== currency) refuse();
      const sum = (total?.amount ?? 0n) + amount;
      if (sum > UINT64_MAX) refuse();
      total = { currency, amount: sum };
    } else messages.push({ name: of });
    name = undefined;
    goTo(messageSteps);
  }

  const payload = cborReader({
    head: (major: Major, argument: bigint) => {
      if (skipping) return;
      const expected = steps[step++];
      if (expected === undefined || expected[0] !== major) return refuse();
      const takes = expected[1];
      if (typeof takes === 'bigint') {
        if (argument !== takes) refuse();
      } else if (major === MAJOR.bytes || major === MAJOR.text) beginString(takes, argument);
      else takeArgument(takes, argument);
    },
    content: (part) => {
      if (keeping === undefined) return;
      string.set(part, stringLength);
      stringLength += part.length;
    },
    end: (depth) => {
      if (skipping) skipping = depth > BODY_DEPTH;
      else if (keeping !== undefined) {
        const kept = keeping;
        keeping = undefined;
        takeString(kept);
      } else if (name !== undefined && depth === MESSAGE_DEPTH) endMessage(name);
    },
  });
  const structure = sigStructureReader(prefix, payload.write);
  let dead = false;

  return {
    write: (part) => {
      if (dead) refuse();
      dead = true;
      structure.write(part);
      dead = false;
    },
    end: () => {
      if (dead || !structure.complete || !payload.complete) refuse();
      const summary = { chainId, lane, sequence, expiry, messages };
      return total === undefined ? summary : { ...summary, total };
    },
  };
}

/** Reads the Sig_structure around the payload, whose bytes it hands on. */
function sigStructureReader(
  prefix: Uint8Array,
  payload: (part: Uint8Array) => void,
): { write(part: Uint8Array): void; readonly complete: boolean } {
  let read = 0;
  /** Bytes of the payload's length still to come; undefined before its head. */
  let lengthBytes: number | undefined;
  let least = 0;
  let payloadLeft = 0;

  function headByte(byte: number): void {
    if (read < prefix.length) {
      if (byte !== prefix[read]) refuse();
    } else if (lengthBytes === undefined) {
      lengthBytes = Math.max(0, byte - BYTE_STRING_INLINE_MAX);
      if (byte < BYTE_STRING || lengthBytes > 2) refuse();
      if (lengthBytes === 0) payloadLeft = byte - BYTE_STRING;
      least = lengthBytes === 1 ? 24 : 0x100;
    } else {
      payloadLeft = payloadLeft * 0x100 + byte;
      if (--lengthBytes === 0 && payloadLeft < least) refuse();
    }
    read++;
  }

  return {
    write: (part) => {
      // Before anything is read, so that no part can be too long by being the last.
      if (read + part.length > SIGNED_BYTES_MAX) refuse();
      let at = 0;
      while (at < part.length && lengthBytes !== 0) headByte(part[at++] as number);
      const rest = part.subarray(at);
      if (rest.length > payloadLeft) refuse();
      payload(rest);
      payloadLeft -= rest.length;
      read += rest.length;
    },
    get complete() {
      return lengthBytes === 0 && payloadLeft === 0;
    },
  };
}

const TRANSFER = 'money/transfer';
/** Heads of byte strings: an empty one, and the longest whose length is in the head. */
const BYTE_STRING = 0x40;
const BYTE_STRING_INLINE_MAX = 0x57;

const ELLIPTIC_CURVES: readonly bigint[] = [curves['P-256'], curves.secp256k1].map(({ coseCurve }) =>
  BigInt(coseCurve),
);

const HYPHEN = 0x2d;
const SLASH = 0x2f;

const isCapital = (byte: number): boolean => byte >= 0x41 && byte <= 0x5a;

/** a-z, 0-9 and hyphen, in ASCII. */
const isNameCharacter = (byte: number): boolean =>
  (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x30 && byte <= 0x39) || byte === HYPHEN;

/** Two parts of one or more name characters with a slash between. */
function isMessageName(bytes: Uint8Array): boolean {
  const slash = bytes.indexOf(SLASH);
  return (
    slash > 0 &&
    slash < bytes.length - 1 &&
    bytes.every((byte, index) => index === slash || isNameCharacter(byte))
  );
}

const ascii = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

function refuse(): never {
  throw new StatusFault(SW.badData);
}
