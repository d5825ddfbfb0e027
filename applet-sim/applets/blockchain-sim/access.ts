// SPDX-License-Identifier: Apache-2.0
import type { AnyCommand } from '../../../protocol/command.ts';
import { SECURITY_LEVEL } from '../../../protocol/scp03/security-level.ts';
import { SW } from '../../../protocol/status-word.ts';
import { StatusFault } from '../../runtime/status-fault.ts';
import type { Context } from './context.ts';
import type { Presence } from './session.ts';
import type { Personalisation, Pins } from './state.ts';

/** Throws {@link StatusFault} 6985 when the life-cycle state does not have the command, 6982 when access does not. */
export function admit(command: AnyCommand, context: Context): void {
  const { lifeCycle } = context.memory.state;
  if (!command.states.includes(lifeCycle)) throw new StatusFault(SW.wrongState);
  if (!isAllowed(command, context)) throw new StatusFault(SW.notAuthorised);
}

/** Who may use keys now; undefined for nobody. */
export function presenceOf({ memory, session, era, execution }: Context): Presence | undefined {
  const { lifeCycle } = memory.state;
  if (lifeCycle === 'selectable') return execution.level > 0 ? 'issuer' : undefined;
  if (lifeCycle !== 'personalised' || session.verified?.era !== era.now) return undefined;
  return session.verified.presence;
}

/** Who may use keys now. Throws {@link StatusFault} 6982 for nobody. */
export function requirePresence(context: Context): Presence {
  const presence = presenceOf(context);
  if (presence === undefined) throw new StatusFault(SW.notAuthorised);
  return presence;
}

/** What STORE DATA gave. Throws {@link StatusFault} 6985 on a card without. */
export function personalisationOf({ memory }: Context): Personalisation {
  const { personalisation } = memory.state;
  if (personalisation === undefined) throw new StatusFault(SW.wrongState);
  return personalisation;
}

/** PIN and PUK. Throws {@link StatusFault} 6985 on a card without. */
export function pinsOf({ memory }: Context): Pins {
  const { pins } = memory.state;
  if (pins === undefined) throw new StatusFault(SW.wrongState);
  return pins;
}

function isAllowed(command: AnyCommand, context: Context): boolean {
  const isHolder = presenceOf(context) !== undefined;
  const isAdministrator = isAdministratorFor(command, context.execution.level);
  switch (command.access) {
    case 'anyone':
      return true;
    case 'holder':
      return isHolder;
    case 'administrator':
      return isAdministrator;
    case 'holder-or-administrator':
      return isHolder || isAdministrator;
    case 'administrator-with-holder':
      return isHolder && isAdministrator;
  }
}

/** Secrets come encrypted. */
const isAdministratorFor = ({ secret }: AnyCommand, level: number): boolean =>
  level > 0 && (secret !== 'data' || (level & SECURITY_LEVEL.cEncryption) !== 0);
