// SPDX-License-Identifier: Apache-2.0
import { toBeSigned } from '../../../../protocol/cose.ts';
import { type Curve, curves } from '../../../../protocol/crypto/curve.ts';
import { TRANSACTION_TYPE } from '../../../../protocol/signer.ts';
import { MAJOR, type Major, SIMPLE } from './cbor-reader.ts';

/** Most messages of a transaction. */
export const MESSAGES_MAX = 16;

/**
 * A public key on one of the curves that sign transactions. `bytes` is a point of SEC 1 §2.3.3, compressed (33) or not
 * (65), or an Ed25519 key (32).
 */
export type TransactionKey = { readonly curve: Curve; readonly bytes: Uint8Array };

/** What a step accepts besides one exact argument. A string of the first kind is kept until it ends. */
export type Taken =
  | 'chainId'
  | 'name'
  | 'to'
  | 'currency'
  | 'ownX'
  // Strings that are passed over: of 32 bytes, and of any length.
  | 'x'
  | 'opaque'
  // Arguments.
  | 'lane'
  | 'sequence'
  | 'expiry'
  | 'amount'
  | 'messageCount'
  | 'keyMembers'
  | 'ellipticCurve'
  | 'signBit'
  | 'anyMap';

/** The next head that is expected: its major type, and its exact argument or what may stand there. */
export type Step = readonly [major: Major, takes: bigint | Taken];

const { uint, nint, bytes, text, array, map, simple } = MAJOR;

// Labels of a COSE_Key, as arguments of nint: -1, -2, -3. Source: RFC 9053 §7.1.1, §7.2.
const LABEL_CRV = 0n;
const LABEL_X = 1n;
const LABEL_Y = 2n;

/** Lengths of the strings, least and most bytes. The rules of chain id and currency are those of the chain. */
export const stringLengths: Readonly<Partial<Record<Taken, readonly [least: number, most: number]>>> = {
  chainId: [1, 32],
  name: [3, 32],
  to: [32, 32],
  currency: [3, 3],
  ownX: [32, 32],
  x: [32, 32],
};

/** Arguments from least to most. */
export const argumentRanges: Readonly<Partial<Record<Taken, readonly [least: bigint, most: bigint]>>> = {
  lane: [0n, 0xffff_ffffn],
  amount: [1n, 0xffff_ffff_ffff_ffffn],
  messageCount: [1n, BigInt(MESSAGES_MAX)],
  keyMembers: [3n, 4n],
  signBit: [SIMPLE.false, SIMPLE.true],
};

/** The bytes of a Sig_structure before the head of its payload; a chip has them ready for each curve. */
export const sigStructurePrefix = (curve: Curve): Uint8Array =>
  // The last byte is the head of the empty payload.
  toBeSigned(curve, TRANSACTION_TYPE, new Uint8Array(0)).slice(0, -1);

/** 32 bytes of x, or of the Ed25519 key. */
export const xOf = ({ curve, bytes: point }: TransactionKey): Uint8Array =>
  curve === 'Ed25519' ? point : point.subarray(1, 33);

/** The payload up to its messages, with the COSE_Key of the card's own key. Source: docs/transaction.md. */
export const payloadSteps = (key: TransactionKey): readonly Step[] => [
  [map, 6n],
  [uint, 1n],
  [text, 'chainId'],
  [uint, 2n],
  ...ownKeySteps(key),
  [uint, 3n],
  [uint, 'lane'],
  [uint, 4n],
  [uint, 'sequence'],
  [uint, 5n],
  [uint, 'expiry'],
  [uint, 6n],
  [array, 'messageCount'],
];

/** A message up to its name. */
export const messageSteps: readonly Step[] = [
  [array, 2n],
  [text, 'name'],
];

/** Bodies of the messages that the card understands; after `keyMembers` it goes on with {@link createdKeySteps}. */
export const bodySteps: ReadonlyMap<string, readonly Step[]> = new Map<string, readonly Step[]>([
  [
    'money/transfer',
    [
      [map, 3n],
      [uint, 1n],
      [bytes, 'to'],
      [uint, 2n],
      [text, 'currency'],
      [uint, 3n],
      [uint, 'amount'],
    ],
  ],
  [
    'identity/create',
    [
      [map, 2n],
      [uint, 1n],
      [map, 'keyMembers'],
    ],
  ],
  [
    'identity/deactivate',
    [
      [map, 1n],
      [uint, 1n],
      [text, 'opaque'],
    ],
  ],
]);

/** Whether the card knows what a message of this name says. */
export const isUnderstood = (name: string): boolean => bodySteps.has(name);

/** The body of any other message. */
export const unknownBodySteps: readonly Step[] = [[map, 'anyMap']];

/** The rest of `identity/create` from within its COSE_Key, which has 3 members on Ed25519 and 4 on the others. */
export const createdKeySteps = (members: bigint): readonly Step[] => [
  ...(members === 3n ? edwardsKey : ellipticKey),
  [uint, 2n],
  [bytes, 'opaque'],
];

const edwardsKey: readonly Step[] = [
  [uint, 1n],
  [uint, BigInt(curves.Ed25519.coseKeyType)],
  [nint, LABEL_CRV],
  [uint, BigInt(curves.Ed25519.coseCurve)],
  [nint, LABEL_X],
  [bytes, 'x'],
];

const ellipticKey: readonly Step[] = [
  [uint, 1n],
  [uint, BigInt(curves['P-256'].coseKeyType)],
  [nint, LABEL_CRV],
  [uint, 'ellipticCurve'],
  [nint, LABEL_X],
  [bytes, 'x'],
  [nint, LABEL_Y],
  [simple, 'signBit'],
];

function ownKeySteps(key: TransactionKey): readonly Step[] {
  const { coseKeyType, coseCurve } = curves[key.curve];
  const ownX: readonly Step[] = [
    [uint, 1n],
    [uint, BigInt(coseKeyType)],
    [nint, LABEL_CRV],
    [uint, BigInt(coseCurve)],
    [nint, LABEL_X],
    [bytes, 'ownX'],
  ];
  if (key.curve === 'Ed25519') return [[map, 3n], ...ownX];
  return [[map, 4n], ...ownX, [nint, LABEL_Y], [simple, yIsOdd(key.bytes) ? SIMPLE.true : SIMPLE.false]];
}

/** By the last byte of y, or by the first of a compressed point: 02 or 03. */
const yIsOdd = (point: Uint8Array): boolean =>
  (((point.length === 33 ? point[0] : point.at(-1)) as number) & 1) === 1;
