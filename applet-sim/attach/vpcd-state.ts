// SPDX-License-Identifier: Apache-2.0

/** What becomes of a card in a virtual reader. */
export type VpcdState = 'inserted' | 'powered' | 'unpowered' | 'removed';
