// SPDX-License-Identifier: Apache-2.0
import type { Route } from '../dispatch.ts';

/** An application as the card runs it. */
export type Application = {
  /** 5 to 16 bytes. */
  readonly aid: Uint8Array;
  readonly routes: readonly Route[];
  /** Ends the session: called at reset, at loss of power and when any application is selected, even this one. */
  deselect(): void;
  /** Called after each command of the session that failed, whoever answered it. */
  commandFailed(): void;
};
