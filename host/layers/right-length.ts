// SPDX-License-Identifier: Apache-2.0
import { decodeCommandApdu, encodeCommandApdu } from '../../protocol/apdu.ts';
import { wipe } from '../../protocol/bytes.ts';
import type { Transport } from '../../protocol/transport.ts';
import { layer } from './layer.ts';

/**
 * Sends a command once more with the Le that the card names in 6CXX. A second 6CXX goes to the caller: a card that
 * does not keep its word gets no third chance.
 *
 * Source: ISO/IEC 7816-4:2020 §5.6, table 6; ETSI TS 102 221 V17 §7.3.1.1.
 */
export const withRightLength = (inner: Transport): Transport =>
  layer(inner, async (apdu) => {
    const answer = await inner.transmit(apdu);
    return answer.length === 2 && answer[0] === 0x6c
      ? transmitAgain(inner, apdu, answer[1] as number)
      : answer;
  });

async function transmitAgain(inner: Transport, apdu: Uint8Array, right: number): Promise<Uint8Array> {
  const command = decodeCommandApdu(apdu);
  const again = encodeCommandApdu({ ...command, le: right || 256 });
  try {
    return await inner.transmit(again);
  } finally {
    // Our copies of data that may be secret.
    wipe(command.data, again);
  }
}
