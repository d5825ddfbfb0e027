// SPDX-License-Identifier: Apache-2.0

/**
 * Life-cycle states of the key-custody application, by their byte. Of a byte between 07 and 7F the low three bits are
 * set; what the rest means is the application's. Source: GlobalPlatform Card Specification 2.3.1 §5.3.1, §11.1.1.
 */
export const lifeCycleStates = {
  /** On the card, and not to be selected yet. */
  installed: 0x03,
  /** Blank: in the hands of its issuer, who alone makes keys and personalises it. */
  selectable: 0x07,
  /** In the hands of its holder. */
  personalised: 0x0f,
  /** Keys and PIN are there and out of use; the administrator may lift it, unless the PUK's tries are used up. */
  blocked: 0x1f,
  /** All keys and the PIN are erased, for ever. */
  terminated: 0x7f,
} as const;

/** Name of a life-cycle state. */
export type LifeCycleState = keyof typeof lifeCycleStates;

/** Names of the states, in the order of a card's life. */
export const lifeCycleStateNames = Object.keys(lifeCycleStates) as readonly LifeCycleState[];

/** The state of a byte, or undefined. */
export const lifeCycleStateOf = (byte: number): LifeCycleState | undefined =>
  lifeCycleStateNames.find((name) => lifeCycleStates[name] === byte);
