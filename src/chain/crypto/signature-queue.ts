// SPDX-License-Identifier: Apache-2.0
import type { SignatureClaim } from '../module.ts';
import type { KeyCache } from './key-cache.ts';
import { nodeVerifyAside } from './node-verify.ts';

/** Verifies signatures aside of the event loop, a bounded number at a time. */
export type SignatureQueue = {
  /** Resolves when all are valid; rejects with the first claim's own error otherwise. */
  verify(claims: readonly SignatureClaim[]): Promise<void>;
};

/**
 * A queue over node:crypto. At most `width` signatures are in Node's thread pool at once: it also writes the
 * database, and a block must not wait behind thousands of signatures.
 */
export function createSignatureQueue(keys: KeyCache, width = 256): SignatureQueue {
  const waiting: (() => void)[] = [];
  let first = 0;
  let running = 0;

  const release = (): void => {
    const next = waiting[first];
    if (next === undefined) {
      running -= 1;
      return;
    }
    first += 1;
    // Cut off what has run, now and then: shift() on a long array is slow.
    if (first === 1024) {
      waiting.splice(0, first);
      first = 0;
    }
    next();
  };

  const verifyOne = async (claim: SignatureClaim): Promise<void> => {
    if (running < width) running += 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      const object = keys.keyObject(claim.key);
      if (!(await nodeVerifyAside(claim.key, object, claim.message, claim.signature))) throw claim.refuse();
    } finally {
      release();
    }
  };

  return {
    async verify(claims) {
      for (const claim of claims) await verifyOne(claim);
    },
  };
}
