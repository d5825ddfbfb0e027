// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NESTING_MAX } from '../../../../../applet-sim/applets/blockchain-sim/transaction/cbor-reader.ts';
import type { TransactionSummary } from '../../../../../applet-sim/applets/blockchain-sim/transaction/transaction-summary.ts';
import { toHex } from '../../../../../protocol/bytes.ts';
import type { CborMap, CborValue } from '../../../../../protocol/cbor.ts';
import { MESSAGE_TYPE } from '../../../../../protocol/commands/blockchain-sim/key-policy.ts';
import { SIGNED_BYTES_MAX } from '../../../../../protocol/commands/blockchain-sim/security-operation.ts';
import { type Curve, curveNames } from '../../../../../protocol/crypto/curve.ts';
import type { Signer } from '../../../../../protocol/signer.ts';
import { type Address, addressFromBytes } from '../../../../../src/chain/address.ts';
import { parseChainId } from '../../../../../src/chain/chain-id.ts';
import { didOf } from '../../../../../src/chain/did.ts';
import { ChainError } from '../../../../../src/chain/errors.ts';
import {
  decodeTransaction,
  type Message,
  signTransaction,
  type Transaction,
  type TransactionFields,
  transactionPayload,
} from '../../../../../src/chain/transaction.ts';
import {
  CREATE,
  createMessage,
  DEACTIVATE,
  deactivateMessage,
  possessionProof,
} from '../../../../../src/modules/identity/index.ts';
import { decodeCreate, decodeDeactivate } from '../../../../../src/modules/identity/messages.ts';
import {
  parseCurrency,
  TRANSFER,
  type Transfer,
  transferMessage,
} from '../../../../../src/modules/money/index.ts';
import { decodeTransfer } from '../../../../../src/modules/money/messages.ts';
import { accountOf, CHAIN_ID, testSigner } from '../../../../support/chain.ts';
import {
  allItems,
  DEFECT_KINDS,
  damage,
  encodeItem,
  type Item,
  parseItem,
} from '../../../support/loose-cbor.ts';
import { cardReads, chainReads, sigStructure } from '../../../support/transaction-feed.ts';

const signers: Readonly<Record<Curve, Signer>> = {
  'P-256': testSigner('alice', 'P-256'),
  secp256k1: testSigner('alice', 'secp256k1'),
  Ed25519: testSigner('alice', 'Ed25519'),
};
const bob = testSigner('bob', 'Ed25519');
const proof = await possessionProof(bob, { chainId: CHAIN_ID, sender: accountOf(bob), expiry: 9n });

const uint64 = fc.oneof(fc.bigInt({ min: 0n, max: 40n }), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }));
const address = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(addressFromBytes);
const text = fc.string({ unit: 'grapheme' }).filter((each) => !each.startsWith('\ufeff'));

/** A transfer as the card takes it: one currency, and amounts whose sum fits. */
const goodTransfer = fc
  .record({ to: address, amount: fc.bigInt({ min: 1n, max: 2n ** 59n }) })
  .map(({ to, amount }): Message => transferMessage({ to, currency: parseCurrency('XTS'), amount }));
/** A transfer as the chain's encoder may write one. */
const anyTransfer = fc
  .record({ to: address, currency: fc.constantFrom('XTS', 'XTS', 'XXX'), amount: uint64 })
  .map(({ to, currency, amount }) => transferMessage({ to, currency: parseCurrency(currency), amount }));
const identityMessage = fc.oneof(
  fc.constantFrom(...curveNames).map((curve) => createMessage(testSigner('carol', curve).publicKey, proof)),
  fc.constant(deactivateMessage(didOf(CHAIN_ID, accountOf(bob)))),
);
const { value: anyValue } = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    fc.oneof(fc.integer(), uint64, text, fc.boolean(), fc.constant(null), fc.uint8Array({ maxLength: 300 })),
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .uniqueArray(
        fc.tuple(fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.string({ maxLength: 40 })), tie('value')),
        {
          selector: ([each]) => `${typeof each} ${each}`,
          maxLength: 4,
        },
      )
      .map((entries) => new Map(entries)),
  ),
}));
const anyBody = anyValue.map((value): CborMap => (value instanceof Map ? value : new Map([[1, value]])));
const otherMessage = fc.record({
  name: fc.constantFrom('a/b', 'loyalty/grant', 'money/transfers'),
  body: anyBody,
});
const strangeMessage = fc.record({
  name: fc.oneof(text, fc.constantFrom(TRANSFER, CREATE, DEACTIVATE, 'a/b/c', 'A/b', `a/${'b'.repeat(31)}`)),
  body: anyBody,
});

const fieldsOf = (message: fc.Arbitrary<Message>): fc.Arbitrary<TransactionFields> =>
  fc.record({
    chainId: fc.stringMatching(/^[a-z0-9-]{1,32}$/).map(parseChainId),
    lane: fc.oneof(fc.nat(30), fc.nat(0xffff_ffff)),
    sequence: uint64,
    expiry: uint64,
    messages: fc.array(message, { minLength: 1, maxLength: 16, size: 'small' }),
  });
const goodFields = fieldsOf(fc.oneof({ weight: 4, arbitrary: goodTransfer }, identityMessage));
const anyFields = fieldsOf(
  fc.oneof(
    { weight: 4, arbitrary: goodTransfer },
    anyTransfer,
    identityMessage,
    otherMessage,
    strangeMessage,
  ),
);
const curve = fc.constantFrom(...curveNames);

/** The chain's own reading of a message's body; undefined when its module refuses it. */
function decoded<Body>(decode: (body: CborMap) => Body, body: CborMap): Body | undefined {
  try {
    return decode(body);
  } catch {
    return undefined;
  }
}

/** Fails unless both say the same: chain id, numbers, names in order, and of each transfer payee, currency and amount. */
function expectSame(card: TransactionSummary, chain: Transaction): void {
  const { chainId, lane, sequence, expiry } = chain;
  expect(card).toMatchObject({ chainId, lane, sequence, expiry });
  const transfers: Transfer[] = [];
  const messages = chain.messages.map(({ name, body }) => {
    if (name !== TRANSFER) return { name };
    const transfer = decodeTransfer(body);
    transfers.push(transfer);
    return { name, transfer };
  });
  expect(card.messages).toEqual(messages);
  if (transfers.length === 0) expect(card.total).toBeUndefined();
  else {
    expect(new Set(transfers.map(({ currency }) => currency))).toEqual(new Set([card.total?.currency]));
    expect(transfers.reduce((sum, { amount }) => sum + amount, 0n)).toBe(card.total?.amount);
  }
}

const depthOf = ({ major, items }: Item): number =>
  major === 4 || major === 5 ? 1 + Math.max(0, ...items.map(depthOf)) : 0;

/**
 * Why the card may refuse to sign what the chain's decoder reads. None of it lets money move otherwise than the holder
 * was told: what the card refuses is not signed. A signer that needs such a transaction keeps its key elsewhere.
 */
function mayRefuse(structure: Uint8Array, { messages }: Transaction): boolean {
  const root = parseItem(structure);
  const payload = parseItem((root.items[3] as Item).content);
  const keys = allItems(payload).flatMap(({ major, items }) =>
    major === 5 ? items.filter((_item, at) => at % 2 === 0) : [],
  );
  const transfers = messages.flatMap(({ name, body }) =>
    name === TRANSFER ? [decoded(decodeTransfer, body)] : [],
  );
  return (
    // A handset sends 17 parts; the chain takes 65,536 bytes.
    structure.length > SIGNED_BYTES_MAX ||
    // 35 bytes of RAM for a level; the chain takes 16.
    depthOf(payload) > NESTING_MAX ||
    // 32 bytes of RAM for the last key of a level; the chain takes any.
    keys.some((key) => encodeItem(key).length > 32) ||
    // The chain takes integer keys below 2^53.
    keys.some(({ major, argument }) => major <= 1 && argument >= 2n ** 32n) ||
    // No policy can name them and no display show them; no chain has a module of such a name.
    messages.some(({ name }) => !MESSAGE_TYPE.test(name)) ||
    // The chain's modules refuse these too, one step after its decoder: bodies of another form, and amounts of 0.
    messages.some(
      ({ name, body }) =>
        (name === CREATE && decoded(decodeCreate, body) === undefined) ||
        (name === DEACTIVATE && decoded(decodeDeactivate, body) === undefined),
    ) ||
    transfers.some((transfer) => transfer === undefined || transfer.amount === 0n) ||
    // One sum is kept, in eight bytes. No balance is larger, so the second could not be paid from one account either.
    new Set(transfers.map((transfer) => transfer?.currency)).size > 1 ||
    transfers.reduce((sum, transfer) => sum + (transfer?.amount ?? 0n), 0n) >= 2n ** 64n
  );
}

/** Holds the card's reading against the chain's, in both directions; whether the card accepted. */
function compare(signer: Signer, structure: Uint8Array): boolean {
  const card = cardReads(signer.publicKey, structure);
  const chain = chainReads(structure);
  if (typeof card === 'number') {
    expect(card).toBe(0x6a80);
    // Of another signer's key the card knows nothing.
    if (chain !== undefined && toHex(chain.sender) === toHex(accountOf(signer)))
      expect(mayRefuse(structure, chain)).toBe(true);
    return false;
  }
  if (chain === undefined)
    return expect.unreachable(`the card accepts what the chain refuses: ${toHex(structure)}`);
  expect(toHex(chain.sender)).toBe(toHex(accountOf(signer)));
  expectSame(card, chain);
  return true;
}

describe('card and chain', () => {
  it('read the same in every good transaction', async () => {
    await fc.assert(
      fc.asyncProperty(curve, goodFields, async (name, fields) => {
        const signer = signers[name];
        const chain = decodeTransaction(await signTransaction(signer, fields));
        const card = cardReads(signer.publicKey, chain.signedBytes);
        if (typeof card === 'number') return expect.unreachable('the card refuses a good transaction');
        expectSame(card, chain);
      }),
      { numRuns: 300 },
    );
  });

  it('read the same in any transaction that is well-formed, or the card refuses it for a reason listed here', () => {
    let accepted = 0;
    fc.assert(
      fc.property(curve, anyFields, (name, fields) => {
        const structure = sigStructure(name, transactionPayload(signers[name].publicKey, fields));
        if (compare(signers[name], structure)) accepted++;
      }),
      { numRuns: 1500 },
    );
    expect(accepted).toBeGreaterThan(200);
  });

  it('read the same in any payload with one or two defects, or the card refuses it', () => {
    let accepted = 0;
    const defect = fc.record({ kind: fc.nat(DEFECT_KINDS - 1), at: fc.nat(), value: fc.nat(255) });
    fc.assert(
      fc.property(
        curve,
        fc.oneof(goodFields, anyFields),
        fc.array(defect, { minLength: 1, maxLength: 2 }),
        (name, fields, defects) => {
          const root = parseItem(transactionPayload(signers[name].publicKey, fields));
          for (const each of defects) damage(root, each);
          if (compare(signers[name], sigStructure(name, encodeItem(root)))) accepted++;
        },
      ),
      { numRuns: 4000 },
    );
    expect(accepted).toBeGreaterThan(300);
  });

  it('read the same in any bytes that are nearly a transaction, or the card refuses them', () => {
    let accepted = 0;
    const change = fc.record({ kind: fc.nat(5), at: fc.nat(), value: fc.nat(255) });
    fc.assert(
      fc.property(
        curve,
        goodFields,
        fc.array(change, { minLength: 1, maxLength: 3 }),
        (name, fields, changes) => {
          let bytes = [...sigStructure(name, transactionPayload(signers[name].publicKey, fields))];
          for (const { kind, at, value } of changes) {
            const place = at % Math.max(1, bytes.length);
            if (kind === 0) bytes[place] = value;
            else if (kind === 1) bytes[place] = (bytes[place] as number) ^ (1 << (value % 8));
            else if (kind === 2) bytes.splice(place, 1);
            else if (kind === 3) bytes.splice(place, 0, value);
            else if (kind === 4) bytes.splice(place, 0, ...bytes.slice(place, place + (value % 40)));
            else bytes = bytes.slice(0, place);
          }
          if (compare(signers[name], Uint8Array.from(bytes))) accepted++;
        },
      ),
      { numRuns: 4000 },
    );
    expect(accepted).toBeGreaterThan(300);
  });

  it.each(curveNames)('read the same in a transfer with any one bit changed, on %s', (name) => {
    const to = new Uint8Array(32).fill(0xab) as Address;
    const messages = [transferMessage({ to, currency: parseCurrency('XTS'), amount: 0x1_2345n })];
    const fields = { chainId: CHAIN_ID, lane: 300, sequence: 70_000n, expiry: 2n ** 33n, messages };
    const structure = sigStructure(name, transactionPayload(signers[name].publicKey, fields));
    for (let bit = 0; bit < 8 * structure.length; bit++) {
      const changed = structure.slice();
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      compare(signers[name], changed);
    }
    for (let at = 0; at <= structure.length; at++)
      for (let byte = 0; byte < 256; byte += 5)
        compare(
          signers[name],
          Uint8Array.from([...structure.subarray(0, at), byte, ...structure.subarray(at)]),
        );
  });

  it('never raise anything but a status word and a ChainError, whatever the bytes and their parts', () => {
    const start = sigStructure('P-256', new Uint8Array(0)).slice(0, -1);
    const parts = fc.array(fc.uint8Array({ maxLength: 255 }), { maxLength: 20 });
    fc.assert(
      fc.property(parts, fc.boolean(), (each, begun) => {
        const card = cardReads(signers['P-256'].publicKey, ...(begun ? [start, ...each] : each));
        expect(card).toBe(0x6a80);
      }),
      { numRuns: 3000 },
    );
    expect(() => decodeTransaction(start)).toThrow(ChainError);
  });
});

describe('what the card does not look into', () => {
  const read = (message: Message) => {
    const { publicKey } = signers['P-256'];
    const fields = { chainId: CHAIN_ID, lane: 0, sequence: 0n, expiry: 1n, messages: [message] };
    const structure = sigStructure('P-256', transactionPayload(publicKey, fields));
    return { card: cardReads(publicKey, structure), chain: chainReads(structure) };
  };
  const keyOfBob = createMessage(bob.publicKey, proof).body.get(1) as CborMap;

  // In each the chain's identity module refuses, so that such a transaction never enters a block.
  it.each<[string, string, CborMap]>([
    [
      'the point of a key to create',
      CREATE,
      new Map<number, CborValue>([
        [1, new Map(keyOfBob).set(-2, new Uint8Array(32).fill(2))],
        [2, proof],
      ]),
    ],
    [
      'a proof of possession',
      CREATE,
      new Map<number, CborValue>([
        [1, keyOfBob],
        [2, new Uint8Array(3)],
      ]),
    ],
    ['a DID', DEACTIVATE, new Map([[1, 'did:bsim:other']])],
  ])('is %s: it is signed, and the module of the chain refuses it', (_what, name, body) => {
    const { card, chain } = read({ name, body });
    expect(card).toMatchObject({ messages: [{ name }] });
    expect(chain?.messages).toHaveLength(1);
    const decode: (body: CborMap) => unknown = name === CREATE ? decodeCreate : decodeDeactivate;
    expect(decoded(decode, body)).toBeUndefined();
  });
});
