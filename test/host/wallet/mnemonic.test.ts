// SPDX-License-Identifier: Apache-2.0
import { createHash, pbkdf2Sync, randomBytes } from 'node:crypto';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seedOfMnemonic } from '../../../host/wallet/mnemonic.ts';
import { toHex } from '../../../protocol/bytes.ts';
import { readFixture } from '../../support/fixture.ts';

const { passphrase, vectors } = readFixture<{
  readonly passphrase: string;
  readonly vectors: readonly { readonly mnemonic: string; readonly seed: string }[];
}>('crypto/mnemonics.json');

const fault = (words: string): unknown => {
  try {
    return seedOfMnemonic(words);
  } catch (error) {
    return error;
  }
};

/** Words of an entropy, by the arithmetic of BIP-39, "Generating the mnemonic". */
function wordsOf(entropy: Uint8Array): string[] {
  const bits = (bytes: Uint8Array): string =>
    [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const checksum = bits(createHash('sha256').update(entropy).digest()).slice(0, entropy.length / 4);
  return ((bits(entropy) + checksum).match(/.{11}/g) ?? []).map(
    (group) => wordlist[Number.parseInt(group, 2)] as string,
  );
}

it.each(vectors)('gives the seed of BIP-39 for $mnemonic', ({ mnemonic, seed }) => {
  expect(toHex(seedOfMnemonic(mnemonic, passphrase))).toBe(seed);
});

it('uses the English list of BIP-39', () => {
  // Source: bip-0039/english.txt of github.com/bitcoin/bips, of which this is the SHA-256.
  const text = `${wordlist.join('\n')}\n`;
  expect(createHash('sha256').update(text).digest('hex')).toBe(
    '2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda',
  );
});

describe('the seed of a mnemonic', () => {
  it.each([12, 15, 18, 21, 24])('is that of OpenSSL for %i words and any passphrase', (count) => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (phrase) => {
        const words = wordsOf(randomBytes((count / 3) * 4));
        expect(words).toHaveLength(count);
        const salt = `mnemonic${phrase}`.normalize('NFKD');
        const expected = pbkdf2Sync(words.join(' '), salt, 2048, 64, 'sha512');
        expect(toHex(seedOfMnemonic(words.join(' '), phrase))).toBe(expected.toString('hex'));
      }),
      { numRuns: 5 },
    );
  });

  it('is the same with more white space, and another with another passphrase', () => {
    const words = wordsOf(randomBytes(16));
    const seed = toHex(seedOfMnemonic(words.join(' ')));
    expect(toHex(seedOfMnemonic(`  ${words.join('\n\t ')}\r\n`))).toBe(seed);
    expect(toHex(seedOfMnemonic(words.join(' '), ''))).toBe(seed);
    expect(toHex(seedOfMnemonic(words.join(' '), ' '))).not.toBe(seed);
  });
});

describe('a text that is no mnemonic', () => {
  const good = wordsOf(new Uint8Array(16).fill(3));

  it.each([0, 1, 3, 11, 13, 23, 25, 27])('is refused with %i words', (count) => {
    const words = Array.from({ length: count }, () => 'abandon');
    expect(fault(words.join(' '))).toMatchObject({ code: 'wallet/bad-mnemonic', details: { words: count } });
  });

  it('is refused with an unknown word, of which it says the place and not the word', () => {
    const words = good.with(4, 'zzsecret');
    const error = fault(words.join(' ')) as Error;
    expect(error).toMatchObject({ code: 'wallet/bad-mnemonic', details: { words: 12 } });
    expect(error.message).toContain('word 5');
    expect(JSON.stringify([error.message, error.cause, error])).not.toMatch(/zzsecret/);
  });

  it('is refused in upper case', () => {
    expect(fault(good.join(' ').toUpperCase())).toMatchObject({ code: 'wallet/bad-mnemonic' });
  });

  it('is refused with a wrong checksum, and the error repeats no word', () => {
    const words = wordsOf(new Uint8Array(32));
    const last = words.at(-1) as string;
    // The last word of 24 holds 3 bits of entropy and 8 of checksum: the word after it in the list differs in the sum.
    const next = wordlist[(wordlist.indexOf(last) + 1) % wordlist.length] as string;
    const error = fault(words.with(-1, next).join(' ')) as Error;
    expect(error).toMatchObject({ code: 'wallet/bad-mnemonic', details: { words: 24 } });
    expect(error.message).toContain('checksum');
    expect(JSON.stringify([error.message, error.cause, error])).not.toMatch(/abandon/);
  });

  it('is always refused with wallet/bad-mnemonic', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary', maxLength: 60 }),
          fc
            .array(fc.constantFrom(...wordlist), { minLength: 11, maxLength: 25 })
            .map((words) => words.join(' ')),
        ),
        (text) => {
          const found = fault(text);
          const words = text.split(' ');
          // One in 16 or more of word lists at random has a right checksum; the words made of its bits say so.
          if (found instanceof Uint8Array) expect([12, 15, 18, 21, 24]).toContain(words.length);
          else expect(found).toMatchObject({ code: 'wallet/bad-mnemonic' });
        },
      ),
      { numRuns: 60 },
    );
  });
});
