// SPDX-License-Identifier: Apache-2.0
import type { AnyCommand } from '../../protocol/command.ts';
import type { Route } from '../dispatch.ts';

/** What makes an application: its commands, and what it does when others than the expected ones come. */
export type Applet = {
  /** 5 to 16 bytes. */
  readonly aid: Uint8Array;
  /** Whether SELECT finds it. */
  isSelectable(): boolean;
  /** The applet on a logical channel, with a session of its own that begins and ends many times. */
  open(channel: number): AppletSession;
  /**
   * Told of each of its commands before that is carried out, but of GET RESPONSE, and whether it brings a data field.
   * Throws {@link StatusFault} 6581.
   */
  meet?(command: AnyCommand, channel: number, hasData: boolean): void;
  /** Told when it is selected or deselected on any logical channel. Throws {@link StatusFault} 6581. */
  interrupted?(): void;
  /** Told of each command on that channel that failed, known or not. Throws {@link StatusFault} 6581. */
  failed?(channel: number): void;
};

/** An applet on one logical channel. */
export type AppletSession = {
  readonly routes: readonly Route[];
  /** Brings the session back to its beginning: at SELECT, closing, reset and loss of power. */
  end(): void;
};
