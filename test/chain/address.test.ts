// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { bech32, bech32m } from '@scure/base';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, fromHex, toHex } from '../../protocol/bytes.ts';
import { uncompressedPublicKey } from '../../protocol/crypto/public-key.ts';
import {
  type Address,
  addressFromBytes,
  addressOf,
  formatAddress,
  parseAddress,
} from '../../src/chain/address.ts';
import { parseChainId } from '../../src/chain/chain-id.ts';
import { didOf, didParts, parseDid } from '../../src/chain/did.ts';
import { ChainError } from '../../src/chain/errors.ts';
import { parseTxHash } from '../../src/chain/hash.ts';
import { formatTxHash } from '../../src/chain/transaction.ts';
import { accountOf, CHAIN_ID, testSigner } from '../support/chain.ts';

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const alice = accountOf(testSigner('alice'));

describe('an address', () => {
  it('is the COSE Key Thumbprint of RFC 9679, computed here from its CBOR by hand', () => {
    const { publicKey } = testSigner('alice');
    const point = uncompressedPublicKey(publicKey);
    // {1: 2, -1: 1, -2: x, -3: y}: A4 01 02 20 01 21 58 20 x 22 58 20 y
    const cbor = concat(
      fromHex('a401022001215820'),
      point.subarray(1, 33),
      fromHex('225820'),
      point.subarray(33),
    );
    expect(toHex(addressOf(publicKey))).toBe(createHash('sha256').update(cbor).digest('hex'));
  });

  it('has a text of 63 characters that reads back, whatever the bytes', () => {
    fc.assert(
      fc.property(bytes32, (bytes) => {
        const text = formatAddress(addressFromBytes(bytes));
        expect(text).toMatch(/^bsim1[0-9a-z]{58}$/);
        expect(toHex(parseAddress(text))).toBe(toHex(bytes));
      }),
    );
  });

  it('is refused when any character of its text is changed', () => {
    const text = formatAddress(alice);
    fc.assert(
      fc.property(fc.nat(62), fc.constantFrom(...'023456789acdefghjklmnpqrstuvwxyzBSIM1 '), (at, letter) => {
        fc.pre(text[at] !== letter);
        const changed = text.slice(0, at) + letter + text.slice(at + 1);
        expect(() => parseAddress(changed)).toThrow(expect.objectContaining({ code: 'chain/bad-address' }));
      }),
    );
  });

  it.each([
    ['in capital letters', formatAddress(alice).toUpperCase()],
    ['in Bech32 without m', bech32.encodeFromBytes('bsim', alice)],
    ['with another prefix', bech32m.encodeFromBytes('bsin', alice)],
    ['of 31 bytes', bech32m.encodeFromBytes('bsim', alice.subarray(1))],
    ['of 33 bytes', bech32m.encodeFromBytes('bsim', concat(alice, Uint8Array.of(0)))],
    ['that is empty', ''],
  ])('is refused %s', (_what, text) => {
    expect(() => parseAddress(text)).toThrow(expect.objectContaining({ code: 'chain/bad-address' }));
  });

  it('raises nothing but its typed error on any text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `bsim1${text}`),
        ),
        (text) => {
          expect(() => parseAddress(text)).toThrow(ChainError);
        },
      ),
    );
  });
});

describe('a DID', () => {
  it('names chain and address and reads back', () => {
    fc.assert(
      fc.property(bytes32, fc.stringMatching(/^[a-z0-9-]{1,32}$/), (bytes, chain) => {
        const did = didOf(parseChainId(chain), bytes as Address);
        expect(parseDid(did)).toBe(did);
        expect(didParts(did).chainId).toBe(chain);
        expect(toHex(didParts(did).address)).toBe(toHex(bytes));
      }),
    );
  });

  it.each([
    'did:bsim',
    `did:bsim:${CHAIN_ID}`,
    `did:bsim:${CHAIN_ID}:x`,
    `did:bsim:${CHAIN_ID}:${formatAddress(alice)}:`,
    `did:bsim:${CHAIN_ID}:${formatAddress(alice)}#key-1`,
    `did:key:${CHAIN_ID}:${formatAddress(alice)}`,
    `DID:bsim:${CHAIN_ID}:${formatAddress(alice)}`,
    `did:bsim:Upper:${formatAddress(alice)}`,
    `did:bsim::${formatAddress(alice)}`,
    `did:bsim:${CHAIN_ID}:${formatAddress(alice).toUpperCase()}`,
  ])('is refused as %s', (text) => {
    expect(() => parseDid(text)).toThrow(expect.objectContaining({ code: 'chain/bad-did' }));
  });
});

describe('a chain id', () => {
  it.each(['', 'a'.repeat(33), 'Chain', 'a b', 'a_b', 'a:b', 'ä'])('is refused as "%s"', (text) => {
    expect(() => parseChainId(text)).toThrow(expect.objectContaining({ code: 'chain/bad-chain-id' }));
  });
});

describe('a transaction hash', () => {
  it('reads 64 hexadecimal digits of either case', () => {
    const text = 'Ab'.repeat(32);
    expect(formatTxHash(parseTxHash(text))).toBe(text.toLowerCase());
  });

  it.each(['', 'ab', 'ab'.repeat(33), 'xy'.repeat(32), ` ${'ab'.repeat(31)} `])(
    'is refused as "%s"',
    (text) => {
      expect(() => parseTxHash(text)).toThrow(expect.objectContaining({ code: 'chain/bad-hash' }));
    },
  );
});
