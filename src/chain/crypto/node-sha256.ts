// SPDX-License-Identifier: Apache-2.0
import { hash } from 'node:crypto';
import type { Sha256 } from '../sha256.ts';

/**
 * SHA-256 by node:crypto. The digest is asked for as latin1 text and written into a buffer, which is more than twice
 * as fast as asking for a buffer (facts in bench/README.md).
 */
export const nodeSha256: Sha256 = (bytes) => {
  const digest = Buffer.allocUnsafe(32);
  digest.write(hash('sha256', bytes, 'binary'), 0, 32, 'latin1');
  return new Uint8Array(digest.buffer, digest.byteOffset, 32);
};
