// SPDX-License-Identifier: Apache-2.0
import type { Curve } from '../../../protocol/crypto/curve.ts';
import type { Random } from '../../runtime/crypto.ts';
import type { NonVolatile } from '../../runtime/non-volatile.ts';
import type { Session } from './session.ts';
import type { BlockchainSimState } from './state.ts';

/** What the handlers work on. */
export type Context = {
  readonly memory: NonVolatile<BlockchainSimState>;
  readonly session: Session;
  /** Curves on which GENERATE makes keys. */
  readonly algorithms: readonly Curve[];
  readonly random: Random;
};
