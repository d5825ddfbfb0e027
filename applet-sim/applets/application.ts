// SPDX-License-Identifier: Apache-2.0
import type { AnyCommand } from '../../protocol/command.ts';
import type { Route } from '../dispatch.ts';

/** An application as the card runs it. */
export type Application = {
  /** 5 to 16 bytes. */
  readonly aid: Uint8Array;
  /** Whether SELECT finds it. */
  isSelectable(): boolean;
  /** The application on a logical channel, with a session of its own. */
  open(channel: number): ApplicationSession;
  /**
   * Told of every command before it is carried out, on whichever logical channel and for whichever application;
   * `command` is undefined for what is no command of ours, `hasData` whether it brings a data field.
   */
  meet?(command: AnyCommand | undefined, channel: number, hasData: boolean): void;
};

/** An application on one logical channel. */
export type ApplicationSession = {
  readonly routes: readonly Route[];
  /** Ends the session: at reset, loss of power, closing, and when any application is selected, even this one. */
  end(): void;
  /** Called after each command of the session that failed, whoever answered it. Throws {@link StatusFault} 6581. */
  commandFailed(): void;
};
