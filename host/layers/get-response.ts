// SPDX-License-Identifier: Apache-2.0
import { concat } from '../../protocol/bytes.ts';
import { getResponse } from '../../protocol/commands/card/get-response.ts';
import type { Transport } from '../../protocol/transport.ts';
import { CardError } from '../errors.ts';
import { layer } from './layer.ts';

/** Most parts that one response may come in; a whole 65,536 bytes come in 256. */
const PARTS_MAX = 256;
/** CLA of 2G SIMs, whose 9FXX announces a response. Source: 3GPP TS 51.011 V4 §9.2 and §9.4.1. */
const CLA_2G = 0xa0;

/**
 * Collects responses that the card announces with 61XX (or 9FXX on class A0) by GET RESPONSE, so that the caller
 * sees data and final status word in one. GET RESPONSE goes out on the command's logical channel.
 * Throws `card/endless-response` after 256 parts.
 *
 * Source: ISO/IEC 7816-4:2020 §5.3.4 and §11.7.1; ETSI TS 102 221 V17 §7.3.1.1.
 */
export const withGetResponse = (inner: Transport): Transport =>
  layer(inner, async (apdu) => {
    // Taken before the card answers: a caller may wipe the APDU.
    const cla = apdu[0] ?? 0;
    const first = await inner.transmit(apdu);
    return waiting(cla, first) === undefined ? first : collect(inner, cla, first);
  });

/** Le of the GET RESPONSE that the answer asks for, or undefined. */
function waiting(cla: number, answer: Uint8Array): number | undefined {
  const sw1 = answer[answer.length - 2];
  if (sw1 === 0x61 || (sw1 === 0x9f && cla === CLA_2G)) return answer[answer.length - 1];
  return undefined;
}

async function collect(inner: Transport, cla: number, first: Uint8Array): Promise<Uint8Array> {
  const { ins, p1, p2 } = getResponse;
  const parts: Uint8Array[] = [];
  let answer = first;
  for (let count = 0; count < PARTS_MAX; count++) {
    const le = waiting(cla, answer);
    if (le === undefined) return concat(...parts, answer);
    parts.push(answer.subarray(0, answer.length - 2));
    answer = await inner.transmit(Uint8Array.of(classOfGetResponse(cla), ins, p1, p2, le));
  }
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  throw new CardError(
    'card/endless-response',
    `response not read: found ${length} bytes in ${PARTS_MAX} parts and more announced, expected an end`,
    { parts: PARTS_MAX, length },
  );
}

/**
 * The class of the GET RESPONSE that follows a command: its logical channel, without proprietary, secure messaging
 * and chaining bits; A0 stays. Source: ISO/IEC 7816-4:2020 §5.4.1, tables 2 and 3.
 */
function classOfGetResponse(cla: number): number {
  if (cla === CLA_2G) return cla;
  return (cla & 0x40) === 0 ? cla & 0x03 : 0x40 | (cla & 0x0f);
}
