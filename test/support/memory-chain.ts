// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import type { Signer } from '../../protocol/signer.ts';
import { addressOf, formatAddress } from '../../src/chain/address.ts';
import { type ChainId, parseChainId } from '../../src/chain/chain-id.ts';
import { generatePrivateKeyPem, signerOfPem } from '../../src/chain/crypto/node-signer.ts';
import { createGenesis } from '../../src/chain/genesis.ts';
import { type Node, type StartOptions, startNode } from '../../src/chain/node.ts';
import { openMemoryStore } from '../../src/chain/store/memory.ts';
import { type Message, signTransaction } from '../../src/chain/transaction.ts';
import { modules } from '../../src/modules/index.ts';
import { type Currency, moneyGenesis, parseCurrency } from '../../src/modules/money/index.ts';

/** Currency of {@link memoryChain}: ISO 4217's code for tests. */
export const XTS: Currency = parseCurrency('XTS');

/** A chain in memory with one funded account. */
export type MemoryChain = {
  readonly chainId: ChainId;
  readonly node: Node;
  /** Owns 1,000,000.00 XTS. */
  readonly rich: Signer;
  /** A signed transaction of `signer` with its next sequence in that lane. */
  transaction(signer: Signer, messages: readonly Message[], lane?: number): Promise<Uint8Array>;
};

/** A signer with a fresh key on P-256. */
export const freshSigner = (): Signer => signerOfPem(generatePrivateKeyPem('P-256'));

/** Starts a chain in memory: the real node over the real in-memory store. */
export async function memoryChain(options: Partial<StartOptions> = {}): Promise<MemoryChain> {
  const producer = freshSigner();
  const rich = freshSigner();
  const chainId = parseChainId(`test-${randomBytes(4).toString('hex')}`);
  const balances = { [formatAddress(addressOf(rich.publicKey))]: 100_000_000n };
  const genesis = createGenesis({
    chainId,
    time: BigInt(Date.now()) - 1000n,
    producer: producer.publicKey,
    modules: { money: moneyGenesis([{ code: XTS, minorUnitDigits: 2, balances }]) },
  });
  const node = await startNode({ genesis, producer, modules, store: openMemoryStore(), ...options });
  return {
    chainId,
    node,
    rich,
    transaction: (signer, messages, lane = 0) =>
      signTransaction(signer, {
        chainId,
        lane,
        sequence: node.account(addressOf(signer.publicKey), { lane }).pendingSequence,
        expiry: node.status().height + 100n,
        messages,
      }),
  };
}
