// SPDX-License-Identifier: Apache-2.0
import type { Scp03KeySet } from '../protocol/scp03/key-set.ts';
import {
  type BlockchainSimState,
  blankState,
  lifeCycleRecord,
  readState,
  stateChanges,
} from './applets/blockchain-sim/state.ts';
import type { StateCodec } from './runtime/non-volatile.ts';
import {
  allKeySets,
  freshKeySet,
  keySetChanges,
  readKeySets,
  type SecurityDomainState,
} from './security-domain/key-store.ts';

/** Everything that a card remembers. */
export type CardState = {
  readonly domain: SecurityDomainState;
  readonly application: BlockchainSimState;
};

/** The state of a card that is blank, in that state and with those key sets, until its memory says otherwise. */
export function cardState(
  lifeCycle: 'installed' | 'selectable',
  keySets: readonly Scp03KeySet[],
): StateCodec<CardState> {
  const blank: CardState = {
    domain: { keySets: keySets.map(freshKeySet) },
    application: blankState(lifeCycle),
  };
  return {
    blank,
    decode: (records) => ({ domain: readKeySets(records), application: readState(records) }),
    changes: (before, after) => {
      const isFirst = before === blank;
      return new Map([
        // The first write holds what a blank card was made with too, so that it does not depend on how it is opened.
        ...(isFirst ? lifeCycleRecord(after.application) : []),
        ...(isFirst ? allKeySets(after.domain) : keySetChanges(before.domain, after.domain)),
        ...stateChanges(before.application, after.application),
      ]);
    },
  };
}
