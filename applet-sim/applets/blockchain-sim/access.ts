// SPDX-License-Identifier: Apache-2.0
import type { Access } from '../../../protocol/command.ts';
import { SW } from '../../../protocol/status-word.ts';
import { StatusFault } from '../../runtime/status-fault.ts';
import type { Session } from './session.ts';
import type { BlockchainSimState, Personalisation } from './state.ts';

/** Throws {@link StatusFault} 6985 or 6982 when the access condition does not hold. */
export function requireAccess(access: Access, state: BlockchainSimState, session: Session): void {
  const personalised = state.personalisation !== undefined;
  switch (access) {
    case 'always':
      return;
    case 'not-personalised':
      if (personalised) throw new StatusFault(SW.wrongState);
      return;
    case 'personalised':
      if (!personalised) throw new StatusFault(SW.wrongState);
      return;
    case 'pin':
      // A blank card has no PIN yet; see Access.
      if (personalised && !session.verified) throw new StatusFault(SW.notAuthorised);
      return;
  }
}

/** What STORE DATA gave. Throws {@link StatusFault} 6985 on a blank card. */
export function personalisationOf(state: BlockchainSimState): Personalisation {
  if (state.personalisation === undefined) throw new StatusFault(SW.wrongState);
  return state.personalisation;
}
