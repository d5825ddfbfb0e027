// SPDX-License-Identifier: Apache-2.0
import { createPublicKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { toHex, utf8 } from '../../../protocol/bytes.ts';
import { type CborValue, encodeCbor } from '../../../protocol/cbor.ts';
import { curveNames } from '../../../protocol/crypto/curve.ts';
import { type Signer, signSign1 } from '../../../protocol/signer.ts';
import { parseChainId } from '../../../src/chain/chain-id.ts';
import { keyObjectOf } from '../../../src/chain/crypto/key-object.ts';
import { type Did, didOf } from '../../../src/chain/did.ts';
import { createGenesis } from '../../../src/chain/genesis.ts';
import { createLightClient } from '../../../src/chain/light-client/index.ts';
import type { Node } from '../../../src/chain/node.ts';
import type { Message } from '../../../src/chain/transaction.ts';
import {
  createMessage,
  deactivateMessage,
  decodeIdentity,
  didDocument,
  didKey,
  identity,
  POSSESSION_TYPE,
  type PossessionFields,
  possessionProof,
  readIdentity,
  resolve,
} from '../../../src/modules/identity/index.ts';
import { describeModule } from '../../conformance/module.ts';
import {
  accountOf,
  CHAIN_ID,
  GENESIS_TIME,
  producer,
  startTestNode,
  testGenesis,
  testSigner,
  testTransaction,
} from '../../support/chain.ts';

const operator = testSigner('operator');
const other = testSigner('other');
const genesis = testGenesis([], { expiryWindow: 50 });
const didOfSigner = (signer: Signer): Did => didOf(CHAIN_ID, accountOf(signer));

const create = async (
  card: Signer,
  fields: Partial<PossessionFields> = {},
  key = card.publicKey,
): Promise<Message> =>
  createMessage(
    key,
    await possessionProof(card, { chainId: CHAIN_ID, sender: accountOf(operator), expiry: 20n, ...fields }),
  );

describeModule({
  module: identity,
  genesis,
  story: async (numbers) => {
    const steps = [];
    for (const [i, number] of numbers.entries()) {
      const card = testSigner(`card ${number % 4}`, curveNames[number % 3]);
      const sender = i % 3 === 2 ? other : operator;
      const message =
        i % 2 === 0
          ? await create(card, {
              sender: accountOf(i % 5 === 4 ? operator : sender),
              expiry: BigInt(2 + (number % 60)),
            })
          : deactivateMessage(didOfSigner(card));
      steps.push({ sender, messages: [message] });
    }
    return steps;
  },
});

async function withNode(work: (node: Node) => Promise<void>): Promise<void> {
  const node = await startTestNode(genesis);
  try {
    await work(node);
  } finally {
    await node.close();
  }
}
async function send(node: Node, message: Message, sender = operator) {
  const { pendingSequence: sequence, height } = node.account(accountOf(sender));
  const bytes = await testTransaction(sender, [message], { sequence, expiry: height + 10n });
  return (await node.waitFor((await node.submit(bytes)).hash)).receipt;
}

describe('identity/create', () => {
  it.each(curveNames)('creates the DID of a key on %s, controlled by the sender', (curve) =>
    withNode(async (node) => {
      const card = testSigner('card', curve);
      const receipt = await send(node, await create(card));
      expect(receipt.code).toBe('ok');
      expect(receipt.events).toMatchObject([{ module: 'identity', type: 'created' }]);
      expect(receipt.events[0]?.attributes.get('did')).toBe(didOfSigner(card));
      const { time } = node.block(2n).header;
      expect(readIdentity(node.state('identity'), didOfSigner(card))).toEqual({
        version: 1n,
        controller: accountOf(operator),
        keys: [{ fragment: 'key-1', key: card.publicKey }],
        created: { height: 2n, time },
        updated: { height: 2n, time },
        deactivated: false,
      });
    }),
  );

  it('lets a key anchor itself, as sender and subject', () =>
    withNode(async (node) => {
      const card = testSigner('card');
      const message = await create(card, { sender: accountOf(card) });
      expect((await send(node, message, card)).code).toBe('ok');
      const resolution = resolve(node.state('identity'), didOfSigner(card));
      expect(resolution?.didDocument.controller).toBe(didOfSigner(card));
    }));

  const card = testSigner('card');
  const signed = (
    payload: readonly (readonly [number, CborValue])[],
    signer = card,
    type = POSSESSION_TYPE,
  ) => signSign1(signer, type, encodeCbor(new Map(payload)));
  const honest = [
    [1, CHAIN_ID],
    [2, didOfSigner(card)],
    [3, accountOf(operator)],
    [4, 20],
  ] as const;

  it.each<[string, string, () => Promise<Message>]>([
    [
      'forged: one bit of the signature changed',
      'identity/bad-possession',
      async () => {
        const proof = await possessionProof(card, {
          chainId: CHAIN_ID,
          sender: accountOf(operator),
          expiry: 20n,
        });
        proof[proof.length - 1] = (proof.at(-1) as number) ^ 1;
        return createMessage(card.publicKey, proof);
      },
    ],
    [
      'made by another key of the same curve',
      'identity/bad-possession',
      async () => createMessage(card.publicKey, await signed(honest, other)),
    ],
    [
      'made by a key of another curve',
      'identity/bad-possession',
      async () => createMessage(card.publicKey, await signed(honest, testSigner('card', 'Ed25519'))),
    ],
    ['for the DID of another key', 'identity/bad-possession', () => create(other, {}, card.publicKey)],
    ['for another chain', 'identity/bad-possession', () => create(card, { chainId: parseChainId('other') })],
    [
      'for another chain in the payload only',
      'identity/bad-possession',
      async () => createMessage(card.publicKey, await signed([[1, 'other'], ...honest.slice(1)])),
    ],
    [
      'for another DID in the payload',
      'identity/bad-possession',
      async () =>
        createMessage(
          card.publicKey,
          await signed([honest[0], [2, didOfSigner(other)], honest[2], honest[3]]),
        ),
    ],
    ['for another sender', 'identity/bad-possession', () => create(card, { sender: accountOf(other) })],
    [
      'of another type',
      'chain/bad-message',
      async () => createMessage(card.publicKey, await signed(honest, card, 'bsim-tx+cbor')),
    ],
    [
      'with an unknown field',
      'chain/bad-message',
      async () => createMessage(card.publicKey, await signed([...honest, [5, 0]])),
    ],
    [
      'without its expiry',
      'chain/bad-message',
      async () => createMessage(card.publicKey, await signed(honest.slice(0, 3))),
    ],
    [
      'with a sender of 31 bytes',
      'chain/bad-message',
      async () =>
        createMessage(
          card.publicKey,
          await signed([honest[0], honest[1], [3, new Uint8Array(31)], honest[3]]),
        ),
    ],
    ['that is no COSE at all', 'chain/bad-message', async () => createMessage(card.publicKey, utf8('proof'))],
  ])('is refused with a proof %s, and enters no block', (_what, code, make) =>
    withNode(async (node) => {
      await expect(make().then((message) => send(node, message))).rejects.toMatchObject({ code });
      expect(node.status().height).toBe(1n);
      expect(resolve(node.state('identity'), didOfSigner(card))).toBeUndefined();
    }),
  );

  it('is refused when a proof is replayed by another sender', () =>
    withNode(async (node) => {
      const message = await create(card);
      await expect(send(node, message, other)).rejects.toMatchObject({ code: 'identity/bad-possession' });
      expect((await send(node, message)).code).toBe('ok');
    }));

  it('fails with a proof that expired, at the height after its last', () =>
    withNode(async (node) => {
      expect((await send(node, await create(card, { expiry: 1n }))).code).toBe('identity/possession-expired');
      // The next block is the third.
      expect((await send(node, await create(card, { expiry: 3n }))).code).toBe('ok');
    }));

  it('fails with a proof that expires beyond the window, and takes the last height of it', () =>
    withNode(async (node) => {
      expect((await send(node, await create(card, { expiry: 53n }))).code).toBe(
        'identity/possession-too-long',
      );
      expect((await send(node, await create(card, { expiry: 53n }))).code).toBe('ok');
    }));

  it('fails when the DID exists, whoever sends it', () =>
    withNode(async (node) => {
      await send(node, await create(card));
      expect((await send(node, await create(card))).code).toBe('identity/exists');
      expect((await send(node, await create(card, { sender: accountOf(other) }), other)).code).toBe(
        'identity/exists',
      );
    }));

  it('fails for a DID that was deactivated', () =>
    withNode(async (node) => {
      await send(node, await create(card));
      await send(node, deactivateMessage(didOfSigner(card)));
      expect((await send(node, await create(card))).code).toBe('identity/deactivated');
    }));
});

describe('identity/deactivate', () => {
  const card = testSigner('card');
  const did = didOfSigner(card);

  it('ends a DID for good, keeps its record and raises its version', () =>
    withNode(async (node) => {
      await send(node, await create(card));
      const receipt = await send(node, deactivateMessage(did));
      expect(receipt).toMatchObject({ code: 'ok', events: [{ type: 'deactivated' }] });
      const record = readIdentity(node.state('identity'), did);
      expect(record).toMatchObject({
        version: 2n,
        deactivated: true,
        created: { height: 2n },
        updated: { height: 3n },
      });
      // What was valid before stays readable at its height.
      expect(readIdentity(node.state('identity', { height: 2n }), did)?.deactivated).toBe(false);
    }));

  it('fails when another sends it, also the key of the DID itself', () =>
    withNode(async (node) => {
      await send(node, await create(card));
      for (const sender of [other, card])
        expect((await send(node, deactivateMessage(did), sender)).code).toBe('identity/not-controller');
      expect(readIdentity(node.state('identity'), did)?.deactivated).toBe(false);
    }));

  it('fails a second time', () =>
    withNode(async (node) => {
      await send(node, await create(card));
      await send(node, deactivateMessage(did));
      expect((await send(node, deactivateMessage(did))).code).toBe('identity/deactivated');
    }));

  it('fails for a DID that does not exist', () =>
    withNode(async (node) => {
      expect((await send(node, deactivateMessage(did))).code).toBe('identity/not-found');
    }));

  it.each<[string, string, Message]>([
    [
      'a DID of another chain',
      'identity/bad-did',
      deactivateMessage(didOf(parseChainId('other'), accountOf(card))),
    ],
    [
      'another DID method',
      'identity/bad-did',
      { name: 'identity/deactivate', body: new Map([[1, 'did:key:z6Mk']]) },
    ],
    [
      'bytes for a DID',
      'chain/bad-message',
      { name: 'identity/deactivate', body: new Map([[1, new Uint8Array(32)]]) },
    ],
  ])('is refused with %s', (_what, code, message) =>
    withNode(async (node) => {
      await expect(send(node, message)).rejects.toMatchObject({ code });
    }),
  );
});

describe('resolving a DID', () => {
  it.each(curveNames)(
    'gives a DID document with the key on %s as a JSON Web Key that OpenSSL reads',
    (curve) =>
      withNode(async (node) => {
        const card = testSigner('card', curve);
        const did = didOfSigner(card);
        await send(node, await create(card));
        const { didDocument: document, didDocumentMetadata: metadata } =
          resolve(node.state('identity'), did) ?? {};
        expect(document).toMatchObject({
          '@context': ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/jwk/v1'],
          id: did,
          controller: didOfSigner(operator),
          verificationMethod: [{ id: `${did}#key-1`, type: 'JsonWebKey', controller: did }],
          authentication: [`${did}#key-1`],
          assertionMethod: [`${did}#key-1`],
        });
        const jwk = document?.verificationMethod?.[0]?.publicKeyJwk;
        const read = createPublicKey({ key: { ...jwk }, format: 'jwk' });
        expect(read.equals(keyObjectOf(card.publicKey))).toBe(true);
        expect(metadata).toMatchObject({ versionId: '1', deactivated: false });
        expect(metadata?.created).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
        expect(Date.parse(metadata?.created ?? '')).toBe(
          Math.floor(Number(node.block(2n).header.time) / 1000) * 1000,
        );
      }),
  );

  it('gives no verification method of a deactivated DID', () =>
    withNode(async (node) => {
      const card = testSigner('card');
      const did = didOfSigner(card);
      await send(node, await create(card));
      await send(node, deactivateMessage(did));
      const { didDocument: document, didDocumentMetadata } = resolve(node.state('identity'), did) ?? {};
      expect(document).toEqual({
        '@context': ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/jwk/v1'],
        id: did,
        controller: didOfSigner(operator),
      });
      expect(didDocumentMetadata).toMatchObject({ versionId: '2', deactivated: true });
    }));

  it('gives nothing for a DID that is not on the chain', () =>
    withNode(async (node) => {
      expect(resolve(node.state('identity'), didOfSigner(other))).toBeUndefined();
    }));

  it('works for a light client, which trusts the genesis alone', () =>
    withNode(async (node) => {
      const card = testSigner('card');
      const did = didOfSigner(card);
      await send(node, await create(card));
      const client = createLightClient(node.genesis);
      const { signedHeader, proof } = node.prove('identity', didKey(did));
      const { value } = client.verifyState(signedHeader, proof, 'identity', didKey(did));
      if (value === undefined) throw new Error('the DID is absent');
      expect(didDocument(did, decodeIdentity(value))).toEqual(
        resolve(node.state('identity'), did)?.didDocument,
      );
      const absent = node.prove('identity', didKey(didOfSigner(other)));
      expect(
        client.verifyState(absent.signedHeader, absent.proof, 'identity', didKey(didOfSigner(other))).value,
      ).toBeUndefined();
      expect(toHex(decodeIdentity(value).controller)).toBe(toHex(accountOf(operator)));
    }));
});

describe('the section of a genesis', () => {
  it('may be empty and may hold nothing', async () => {
    const start = (identitySection: Record<string, string>) =>
      startTestNode(
        createGenesis({
          chainId: CHAIN_ID,
          time: GENESIS_TIME,
          producer: producer.publicKey,
          modules: { identity: identitySection },
        }),
      );
    await (await start({})).close();
    await expect(start({ did: 'x' })).rejects.toMatchObject({
      code: 'chain/bad-genesis',
      details: { path: 'modules.identity' },
    });
  });
});
