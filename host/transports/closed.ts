// SPDX-License-Identifier: Apache-2.0
import { CardError } from '../errors.ts';

/** The error of a command sent through a transport after its `close`. */
export const closedError = (reader: string): CardError<'card/closed'> =>
  new CardError(
    'card/closed',
    `command not sent to ${reader}: found the transport closed, expected it open`,
    {
      reader,
    },
  );
