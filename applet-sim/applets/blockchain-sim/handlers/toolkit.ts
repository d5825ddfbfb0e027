// SPDX-License-Identifier: Apache-2.0
import type { blockchainSimCommands } from '../../../../protocol/commands/blockchain-sim/index.ts';
import { ToolkitError } from '../../../../protocol/error-table.ts';
import {
  decodeTerminalResponse,
  encodeDisplayText,
  encodeGetInkey,
  isPerformed,
  PROACTIVE_TYPE,
  saysYes,
  type TerminalResponse,
} from '../../../../protocol/proactive-command.ts';
import { SW } from '../../../../protocol/status-word.ts';
import type { HandlersOf } from '../../../dispatch.ts';
import { StatusFault } from '../../../runtime/status-fault.ts';
import { type Confirmation, confirmationOf, endConfirmation } from '../confirmation.ts';
import type { Context } from '../context.ts';

type ToolkitCommands = Pick<typeof blockchainSimCommands, 'terminalProfile' | 'fetch' | 'terminalResponse'>;

/** Third byte of a profile: bit 1 DISPLAY TEXT, bit 2 GET INKEY. Source: ETSI TS 102 223 V17 §5.2. */
const DISPLAY_TEXT_AND_GET_INKEY = 0x03;
/** Command numbers of the two proactive commands. */
const SHOW = 1;
const ASK = 2;
const QUESTION = 'Sign it?';

/** Handlers of the commands by which a terminal asks the holder on the card's behalf. */
export const toolkitHandlers: HandlersOf<ToolkitCommands, Context> = {
  terminalProfile: (profile, { session, confirmation }) => {
    if (confirmation !== 'terminal') throw new StatusFault(SW.wrongState);
    const [, , third = 0] = profile;
    session.terminal = (third & DISPLAY_TEXT_AND_GET_INKEY) === DISPLAY_TEXT_AND_GET_INKEY;
  },

  fetch: (_, context) => {
    const confirmation = waitingFor(['show', 'ask'], context);
    const command = proactiveCommand(confirmation);
    confirmation.stage = confirmation.stage === 'show' ? 'shown' : 'asked';
    return command;
  },

  terminalResponse: (data, context) => {
    const confirmation = waitingFor(['shown', 'asked'], context);
    const response = decode(data, context);
    if (!isAgreed(confirmation, response)) return endConfirmation(context);
    if (confirmation.stage === 'asked') {
      confirmation.stage = 'confirmed';
      return;
    }
    confirmation.stage = 'ask';
    announceProactive(confirmation, context);
  },
};

/** Tells the terminal by 91XX that the confirmation's next proactive command waits. */
export function announceProactive(confirmation: Confirmation, { execution }: Context): void {
  execution.proactive = proactiveCommand(confirmation).length;
}

const proactiveCommand = ({ stage, text }: Confirmation): Uint8Array =>
  stage === 'show' ? encodeDisplayText(SHOW, text) : encodeGetInkey(ASK, QUESTION, { yesNo: true });

function waitingFor(stages: readonly Confirmation['stage'][], context: Context): Confirmation {
  const confirmation = confirmationOf(context);
  if (confirmation === undefined || !stages.includes(confirmation.stage))
    throw new StatusFault(SW.wrongState);
  return confirmation;
}

/** Whether the terminal did what it was asked, and the holder said yes. */
function isAgreed({ stage }: Confirmation, response: TerminalResponse): boolean {
  const { number, type } = response.details;
  if (stage === 'shown')
    return number === SHOW && type === PROACTIVE_TYPE.displayText && isPerformed(response.result);
  return number === ASK && type === PROACTIVE_TYPE.getInkey && saysYes(response);
}

/** Throws {@link StatusFault} 6A80 for what is no TERMINAL RESPONSE; the confirmation is over then. */
function decode(data: Uint8Array, context: Context): TerminalResponse {
  try {
    return decodeTerminalResponse(data);
  } catch (cause) {
    if (!(cause instanceof ToolkitError)) throw cause;
    endConfirmation(context);
    throw new StatusFault(SW.badData, { cause });
  }
}
