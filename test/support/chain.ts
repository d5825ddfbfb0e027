// SPDX-License-Identifier: Apache-2.0
import { ed25519 } from '@noble/curves/ed25519.js';
import { p256 } from '@noble/curves/nist.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8 } from '../../protocol/bytes.ts';
import type { Curve } from '../../protocol/crypto/curve.ts';
import { parsePublicKey } from '../../protocol/crypto/public-key.ts';
import type { Signer } from '../../protocol/signer.ts';
import { type Address, addressOf, formatAddress } from '../../src/chain/address.ts';
import { type ChainId, parseChainId } from '../../src/chain/chain-id.ts';
import { createGenesis, type Genesis, type Parameters } from '../../src/chain/genesis.ts';
import { type Node, type StartOptions, startNode } from '../../src/chain/node.ts';
import { openMemoryStore } from '../../src/chain/store/memory.ts';
import { type Message, signTransaction } from '../../src/chain/transaction.ts';
import { modules } from '../../src/modules/index.ts';
import {
  type Currency,
  moneyGenesis,
  parseCurrency,
  transferMessage,
} from '../../src/modules/money/index.ts';

/** Chain id of every chain that tests make. */
export const CHAIN_ID: ChainId = parseChainId('bsim-test-1');

/** The currency of every chain that tests make. */
export const XTS: Currency = parseCurrency('XTS');

/** Genesis time of every chain that tests make. */
export const GENESIS_TIME = 1_790_000_000_000n;

/** A software key for a label, always the same. */
export function testSigner(label: string, curve: Curve = 'P-256'): Signer {
  const secret = sha256(utf8(`bsim test key ${label} ${curve}`));
  if (curve === 'Ed25519')
    return {
      publicKey: parsePublicKey(curve, ed25519.getPublicKey(secret)),
      sign: async (message) => ed25519.sign(message, secret),
    };
  const ec = curve === 'P-256' ? p256 : secp256k1;
  return {
    publicKey: parsePublicKey(curve, ec.getPublicKey(secret)),
    sign: async (message) => ec.sign(message, secret, { lowS: true }),
  };
}

/** The account of a signer. */
export const accountOf = (signer: Signer): Address => addressOf(signer.publicKey);

/** The producer of every chain that tests make. */
export const producer: Signer = testSigner('producer');

/** A genesis that gives each signer its balance in minor units of XTS. */
export const testGenesis = (
  balances: readonly (readonly [Signer, bigint])[] = [],
  parameters: Partial<Parameters> = {},
): Genesis =>
  createGenesis({
    chainId: CHAIN_ID,
    time: GENESIS_TIME,
    producer: producer.publicKey,
    parameters,
    modules: {
      money: moneyGenesis([
        {
          code: XTS,
          minorUnitDigits: 2,
          balances: Object.fromEntries(
            balances.map(([signer, amount]) => [formatAddress(accountOf(signer)), amount]),
          ),
        },
      ]),
    },
  });

/** A clock that goes on by one second with each look. */
export function testClock(): () => bigint {
  let now = GENESIS_TIME;
  return () => {
    now += 1000n;
    return now;
  };
}

/** A node with all modules on a store in memory, unless the options say otherwise. */
export const startTestNode = (genesis: Genesis, options: Partial<StartOptions> = {}): Promise<Node> =>
  startNode({ genesis, producer, modules, store: openMemoryStore(), clock: testClock(), ...options });

/** Fields of a transaction that a test wants to choose. */
export type TestFields = {
  readonly chainId?: ChainId;
  readonly lane?: number;
  readonly sequence?: bigint;
  readonly expiry?: bigint;
};

/** A signed transaction: lane 0, sequence 0 and expiry 100 unless chosen. */
export const testTransaction = (
  signer: Signer,
  messages: readonly Message[],
  { chainId = CHAIN_ID, lane = 0, sequence = 0n, expiry = 100n }: TestFields = {},
): Promise<Uint8Array> => signTransaction(signer, { chainId, lane, sequence, expiry, messages });

/** A message that pays minor units of XTS. */
export const payment = (to: Address, amount: bigint): Message =>
  transferMessage({ to, currency: XTS, amount });
