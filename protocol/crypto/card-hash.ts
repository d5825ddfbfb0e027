// SPDX-License-Identifier: Apache-2.0
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import type { CHash } from '@noble/hashes/utils.js';
import { sm3 } from './sm3.ts';

/** A hash that a card may compute over the parts of a message. Keccak-256 is Ethereum's, with the padding before FIPS 202. */
export type CardHash = 'SHA-256' | 'SHA-512' | 'Keccak-256' | 'SM3';

/** Facts of one hash: its byte on the card, and the length of a digest in bytes. */
export type CardHashFacts = { readonly hashId: number; readonly length: number };

/** Every hash, in the order of their bytes. */
export const cardHashes: Readonly<Record<CardHash, CardHashFacts>> = {
  'SHA-256': { hashId: 0x01, length: 32 },
  'SHA-512': { hashId: 0x02, length: 64 },
  'Keccak-256': { hashId: 0x03, length: 32 },
  SM3: { hashId: 0x04, length: 32 },
};

/** Names of all hashes. */
export const cardHashNames = Object.keys(cardHashes) as readonly CardHash[];

/** The hash of a card's hash byte, or undefined. */
export const cardHashOfId = (id: number): CardHash | undefined =>
  cardHashNames.find((name) => cardHashes[name].hashId === id);

/** A hash under way, over the parts given so far. It is used up by `digest` and by `destroy`. */
export type HashStream = {
  /** Takes the next part, which is copied. */
  update(part: Uint8Array): void;
  /** The digest of all parts; wipes the state. */
  digest(): Uint8Array;
  /** Wipes the state of a message that is not finished. */
  destroy(): void;
};

const implementations: Readonly<Record<CardHash, CHash>> = {
  'SHA-256': sha256,
  'SHA-512': sha512,
  'Keccak-256': keccak_256,
  SM3: sm3,
};

/** A new hash over no parts yet. */
export function hashStream(hash: CardHash): HashStream {
  const state = implementations[hash].create();
  return {
    update: (part) => {
      state.update(part);
    },
    digest: () => state.digest(),
    destroy: () => state.destroy(),
  };
}

/** The digest of a whole message. */
export const cardHash = (hash: CardHash, message: Uint8Array): Uint8Array => implementations[hash](message);
