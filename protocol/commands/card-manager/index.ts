// SPDX-License-Identifier: Apache-2.0
import { getKeyInformation, makeSelectable, putKey } from './keys.ts';

/** Commands of the issuer security domain (ISD), AID {@link CARD_MANAGER_AID}, beside those of the secure channel. */
export const cardManagerCommands = { getKeyInformation, putKey, makeSelectable } as const;
