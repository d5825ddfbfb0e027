// SPDX-License-Identifier: Apache-2.0

/** The applications of a card. */
export type ApplicationName = 'custody' | 'manager';

/** A response of which a part is still to be fetched. */
export type Queue = {
  readonly sw: number;
  /** Bytes still to come, undefined while nobody knows. */
  rest: number | undefined;
  readonly parts: Uint8Array[];
  readonly finish: (data: Uint8Array) => void;
};

/** The response of an application that waits to be fetched: one, for the channel that its command came on. */
export type ModelWaiting = {
  readonly channel: number;
  readonly queue: Queue;
  /** In hexadecimal, after 6CXX: the header of the command that fetches it, when it comes again. */
  readonly header?: string;
};
