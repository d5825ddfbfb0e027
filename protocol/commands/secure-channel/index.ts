// SPDX-License-Identifier: Apache-2.0
import { externalAuthenticate, initializeUpdate } from './authentication.ts';

/** Commands that open a GlobalPlatform secure channel (SCP03), answered by every application of ours. */
export const secureChannelCommands = { initializeUpdate, externalAuthenticate } as const;
