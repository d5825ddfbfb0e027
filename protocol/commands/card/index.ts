// SPDX-License-Identifier: Apache-2.0
import { getResponse } from './get-response.ts';
import { closeChannel, openChannel } from './manage-channel.ts';
import { select, selectNext } from './select.ts';

/** Commands that the card itself answers, whichever application is selected. */
export const cardCommands = { select, selectNext, getResponse, openChannel, closeChannel } as const;
