// SPDX-License-Identifier: Apache-2.0
import { concat } from '../../protocol/bytes.ts';
import type { Transport } from '../../protocol/transport.ts';
import { CardError } from '../errors.ts';
import { maskedCommand } from '../masked.ts';
import { type Exchange, formatRecorded, isRecorded, type Transcript } from '../transcript.ts';
import { closedError } from './closed.ts';

/** A transport that plays a transcript. */
export type ReplayTransport = Transport & {
  /** Exchanges that have not been played yet. */
  remaining(): number;
};

/**
 * Answers as the card of the transcript did, as long as the host sends the same commands in the same order; masked
 * data is compared by its length, and masked response data comes as zeros. Another command, or one after the end, is
 * refused with `card/replay-mismatch` and does not move the transcript on.
 */
export function replayTransport(transcript: Transcript, name = 'replay:transcript'): ReplayTransport {
  const { atr, exchanges } = transcript;
  let next = 0;
  let open = true;
  return {
    name,
    ...(atr === undefined ? {} : { atr }),
    remaining: () => exchanges.length - next,
    transmit: async (apdu) => {
      if (!open) throw closedError(name);
      const exchange = exchanges[next];
      if (exchange === undefined || !isRecorded(apdu, exchange.command))
        throw mismatch(apdu, exchange, exchanges.at(-1)?.line ?? 0);
      next++;
      const { answer } = exchange;
      if ('response' in answer) return answer.response.slice();
      if ('status' in answer) return concat(new Uint8Array(answer.maskedLength), answer.status);
      throw failed(answer.failure, name);
    },
    close: async () => {
      open = false;
    },
  };
}

function mismatch(
  apdu: Uint8Array,
  exchange: Exchange | undefined,
  lastLine: number,
): CardError<'card/replay-mismatch'> {
  const found = maskedCommand(apdu);
  const expected = exchange === undefined ? 'the end' : formatRecorded(exchange.command);
  const line = exchange?.line ?? lastLine;
  return new CardError(
    'card/replay-mismatch',
    `transcript not followed at line ${line}: found ${found}, expected ${expected}`,
    { line, found, expected },
  );
}

function failed(code: 'card/removed' | 'card/reset', reader: string): CardError {
  const what = code === 'card/removed' ? 'removed' : 'reset';
  return new CardError(
    code,
    `command to ${reader} not answered: found the card ${what} in the transcript, expected it to go on`,
    { reader },
  );
}
