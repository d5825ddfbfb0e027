// SPDX-License-Identifier: Apache-2.0
import type { CardCurve } from '../../protocol/crypto/card-curve.ts';
import type { CardHash } from '../../protocol/crypto/card-hash.ts';
import { appletCurves, appletHashes } from '../../scripts/pages/applet.ts';

/** What a card has of the curves and hashes that cards may have, and declares. */
export type Declared = { readonly algorithms: readonly CardCurve[]; readonly hashes: readonly CardHash[] };

/** Curves and hashes of the Java Card applet. */
export const appletHas: Declared = { algorithms: appletCurves, hashes: appletHashes };
