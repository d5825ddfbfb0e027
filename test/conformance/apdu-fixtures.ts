// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import type { Curve } from '../../protocol/crypto/curve.ts';

/** A file of fixtures/apdu; its README says what the fields mean. */
export type ApduFile = {
  readonly command: string;
  readonly source: string;
  readonly sequences: readonly Sequence[];
};

/** Steps from a named state of the card. */
export type Sequence = {
  readonly kind: string;
  readonly title: string;
  readonly from: string;
  readonly steps: readonly Step[];
};

/** One command and what must come, or a reset. */
export type Step =
  | { readonly reset: true }
  | {
      readonly send: string;
      readonly sw: string;
      readonly data?: string;
      readonly key?: KeyRule;
      readonly fresh?: string;
      readonly signature?: { readonly key: string; readonly message: string };
    };

/** The response holds the public key of that name, for later steps; `same`: it must be the one known already. */
export type KeyRule = { readonly name: string; readonly curve: Curve; readonly same?: boolean };

/** Steps from a blank card to each named state. */
export function readStates(url: URL): Readonly<Record<string, readonly Step[]>> {
  return (JSON.parse(readFileSync(url, 'utf8')) as { states: Record<string, readonly Step[]> }).states;
}
