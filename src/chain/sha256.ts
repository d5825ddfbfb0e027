// SPDX-License-Identifier: Apache-2.0
import { sha256 } from '@noble/hashes/sha2.js';

/** SHA-256 of the bytes, 32 bytes in a new array; a platform may bring a faster one than the portable code. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

/** SHA-256 in portable code, for any platform. */
export const portableSha256: Sha256 = (bytes) => sha256(bytes);
