// SPDX-License-Identifier: Apache-2.0
import { wipe } from '../../../../protocol/bytes.ts';
import type { Operation, Workspace } from '../../../runtime/workspace.ts';
import type { ChosenKey } from '../session.ts';

/** The digest that PSO hash left for the next signature. */
export type KeptDigest = Operation & {
  readonly kind: 'digest';
  /** The choice of key for which it was made: of another key it is worth nothing. */
  readonly choice: ChosenKey;
  readonly digest: Uint8Array;
};

/** A digest to keep; it is wiped with the operation. */
export const keptDigest = (channel: number, choice: ChosenKey, digest: Uint8Array): KeptDigest => ({
  kind: 'digest',
  channel,
  choice,
  digest,
  wipe: () => wipe(digest),
});

/** The digest that is kept for a choice, or undefined. */
export function digestFor(choice: ChosenKey, { operation }: Workspace): KeptDigest | undefined {
  const kept = operation as Partial<KeptDigest> | undefined;
  return kept?.kind === 'digest' && kept.choice === choice ? (kept as KeptDigest) : undefined;
}
