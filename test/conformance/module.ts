// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../protocol/bytes.ts';
import { type CborMap, type CborValue, decodeCbor, encodeCbor } from '../../protocol/cbor.ts';
import { ToolkitError } from '../../protocol/error-table.ts';
import type { Signer } from '../../protocol/signer.ts';
import type { Genesis } from '../../src/chain/genesis.ts';
import type { Module } from '../../src/chain/module.ts';
import type { Node } from '../../src/chain/node.ts';
import { encodeReceipt } from '../../src/chain/receipt.ts';
import type { Message } from '../../src/chain/transaction.ts';
import { accountOf, CHAIN_ID, startTestNode, testSigner, testTransaction } from '../support/chain.ts';

/** One step of a story: who sends what. */
export type Step = { readonly sender: Signer; readonly messages: readonly Message[] };

/** A module with a story that uses all of its messages, in good ways and bad. */
export type ModuleUnderTest = {
  readonly module: Module;
  readonly genesis: Genesis;
  /** Steps for a choice of numbers, the same for the same numbers. */
  story(choices: readonly number[]): Promise<readonly Step[]>;
};

const choices = fc.array(fc.nat(1000), { minLength: 3, maxLength: 12 });

async function play(node: Node, steps: readonly Step[]): Promise<readonly string[]> {
  const receipts: string[] = [];
  for (const { sender, messages } of steps) {
    const { pendingSequence: sequence, height } = node.account(accountOf(sender));
    const bytes = await testTransaction(sender, messages, { sequence, expiry: height + 10n });
    try {
      const { hash } = await node.submit(bytes);
      receipts.push(toHex(encodeReceipt((await node.waitFor(hash)).receipt)));
    } catch (error) {
      if (!(error instanceof ToolkitError)) throw error;
      receipts.push(error.code);
    }
  }
  return receipts;
}

/** What every module must do. */
export function describeModule({ module, genesis, story }: ModuleUnderTest): void {
  describe(`the module ${module.name}`, () => {
    it('gives the same receipts and roots each time, and a replay agrees, with its invariants', async () => {
      await fc.assert(
        fc.asyncProperty(choices, async (numbers) => {
          const steps = await story(numbers);
          const results = [];
          for (let i = 0; i < 2; i++) {
            const node = await startTestNode(genesis);
            const receipts = await play(node, steps);
            await node.verifyChain();
            results.push({ receipts, stateRoot: toHex(node.status().stateRoot) });
            await node.close();
          }
          expect(results[0]).toEqual(results[1]);
        }),
        { numRuns: 8 },
      );
    });

    it('uses each of its messages in its story', async () => {
      const seen = new Set<string>();
      await fc.assert(
        fc.asyncProperty(choices, async (numbers) => {
          for (const { messages } of await story(numbers)) for (const { name } of messages) seen.add(name);
        }),
        { numRuns: 20 },
      );
      const verbs = Object.keys(module.messages).map((verb) => `${module.name}/${verb}`);
      expect([...seen].sort()).toEqual(verbs.sort());
    });

    it('refuses any body with a typed error of its own or of the encoding, before it is executed', async () => {
      const context = {
        chainId: CHAIN_ID,
        sender: accountOf(testSigner('alice')),
        signer: testSigner('alice').publicKey,
      };
      const good = new Map<string, CborMap>();
      for (const { messages } of await story([1, 2, 3, 4, 5, 6, 7, 8]))
        for (const { name, body } of messages) good.set(name, body);
      const value: fc.Arbitrary<CborValue> = fc.oneof(
        fc.nat(),
        fc.string(),
        fc.boolean(),
        fc.uint8Array({ maxLength: 40 }),
        fc.constant(null),
        fc.array(fc.nat(), { maxLength: 3 }),
        fc.constant(new Map<number, CborValue>([[1, 2]])),
      );
      const change = fc.array(
        fc.tuple(fc.integer({ min: -1, max: 5 }), fc.option(value, { nil: undefined })),
        { maxLength: 3 },
      );
      for (const [verb, type] of Object.entries(module.messages))
        fc.assert(
          fc.property(change, (changes) => {
            const body = new Map(good.get(`${module.name}/${verb}`));
            for (const [key, item] of changes)
              if (item === undefined) body.delete(key);
              else body.set(key, item);
            try {
              type.validate(type.decode(decodeCbor(encodeCbor(body)) as CborMap), context);
            } catch (error) {
              expect(error).toBeInstanceOf(ToolkitError);
              const area = (error as ToolkitError).code.split('/')[0];
              expect(['protocol', module.name]).toContain(area);
            }
          }),
          { numRuns: 300 },
        );
    });
  });
}
