// SPDX-License-Identifier: Apache-2.0

/** Port of a node's API when nobody says otherwise. */
export const DEFAULT_PORT = 26680;
