// SPDX-License-Identifier: Apache-2.0

/** What the card knows of the command that it carries out; one for the whole card, since it carries out one at a time. */
export type Execution = {
  /** Security level under which the command came; 0 for one outside a secure channel. */
  level: number;
  /** Length of the proactive command that the command made ready, for 91XX; 0 for none. */
  proactive: number;
};

/** No command under way. */
export const idle = (): Execution => ({ level: 0, proactive: 0 });
