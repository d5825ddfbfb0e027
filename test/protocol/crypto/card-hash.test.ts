// SPDX-License-Identifier: Apache-2.0
import { createHash, createHmac } from 'node:crypto';
import { hmac } from '@noble/hashes/hmac.js';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../../protocol/bytes.ts';
import {
  type CardHash,
  cardHash,
  cardHashes,
  cardHashNames,
  cardHashOfId,
  hashStream,
} from '../../../protocol/crypto/card-hash.ts';
import { sm3 } from '../../../protocol/crypto/sm3.ts';
import { sponge256 } from '../../conformance/independent-keccak.ts';
import { readFixture } from '../../support/fixture.ts';

const { hashes } = readFixture<{
  readonly hashes: {
    readonly vectors: readonly {
      readonly hash: CardHash;
      readonly source: string;
      readonly message: string;
      readonly digest: string;
    }[];
  };
}>('crypto/card-curves.json');

/** Each hash by OpenSSL, or for Keccak-256, which OpenSSL does not have, by the sponge written out. */
const independent: Readonly<Record<CardHash, (message: Uint8Array) => Uint8Array>> = {
  'SHA-256': (message) => createHash('sha256').update(message).digest(),
  'SHA-512': (message) => createHash('sha512').update(message).digest(),
  'Keccak-256': (message) => sponge256(message, 0x01),
  SM3: (message) => createHash('sm3').update(message).digest(),
};

it.each(hashes.vectors)('$hash gives the digest of $source', ({ hash, message, digest }) => {
  expect(toHex(cardHash(hash, fromHex(message)))).toBe(digest);
});

it('has an independent sponge that gives the SHA3-256 of OpenSSL', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 500 }), (message) => {
      expect(toHex(sponge256(message, 0x06))).toBe(createHash('sha3-256').update(message).digest('hex'));
    }),
  );
});

describe.each(cardHashNames)('%s', (hash) => {
  it('gives the independent digest at every length about a block', () => {
    for (let length = 0; length <= 300; length++) {
      const message = Uint8Array.from({ length }, (_, i) => (i * 7 + length) & 0xff);
      expect(toHex(cardHash(hash, message)), `${length} bytes`).toBe(toHex(independent[hash](message)));
    }
  });

  it('gives the independent digest of any message in any parts', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 8 }), (parts) => {
        const stream = hashStream(hash);
        for (const part of parts) {
          const given = part.slice();
          stream.update(given);
          given.fill(0xaa);
        }
        const digest = stream.digest();
        expect(digest).toHaveLength(cardHashes[hash].length);
        expect(toHex(digest)).toBe(toHex(independent[hash](Buffer.concat(parts))));
      }),
    );
  });

  it('keeps two streams apart that take turns', () => {
    const [a, b] = [hashStream(hash), hashStream(hash)];
    const [left, right] = [new Uint8Array(200).fill(1), new Uint8Array(200).fill(2)];
    for (let at = 0; at < 200; at += 50) {
      a.update(left.subarray(at, at + 50));
      b.update(right.subarray(at, at + 50));
    }
    expect(toHex(a.digest())).toBe(toHex(independent[hash](left)));
    expect(toHex(b.digest())).toBe(toHex(independent[hash](right)));
  });

  it('is used up by digest and by destroy', () => {
    const finished = hashStream(hash);
    finished.digest();
    expect(() => finished.update(new Uint8Array(1))).toThrow();
    expect(() => finished.digest()).toThrow();
    const destroyed = hashStream(hash);
    destroyed.update(new Uint8Array(70).fill(7));
    destroyed.destroy();
    expect(() => destroyed.digest()).toThrow();
  });

  it('is found by its byte', () => {
    expect(cardHashOfId(cardHashes[hash].hashId)).toBe(hash);
  });
});

it('knows no hash by the bytes 0 and 5', () => {
  expect(cardHashNames.map((name) => cardHashes[name].hashId)).toEqual([1, 2, 3, 4]);
  expect(cardHashOfId(0)).toBeUndefined();
  expect(cardHashOfId(5)).toBeUndefined();
});

it('gives the HMAC-SM3 of OpenSSL', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.uint8Array({ maxLength: 200 }), (key, message) => {
      expect(toHex(hmac(sm3, key, message))).toBe(createHmac('sm3', key).update(message).digest('hex'));
    }),
  );
});

it('goes on with a copy of an SM3 under way as with the first', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 150 }), fc.uint8Array({ maxLength: 150 }), (head, tail) => {
      const first = sm3.create().update(head);
      const copy = first.clone();
      first.update(Uint8Array.of(1)).digest();
      const expected = createHash('sm3').update(head).update(tail).digest('hex');
      expect(toHex(copy.update(tail).digest())).toBe(expected);
    }),
  );
});
