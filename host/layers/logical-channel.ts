// SPDX-License-Identifier: Apache-2.0
import { CLA_CHANNEL } from '../../protocol/command.ts';
import { cardCommands } from '../../protocol/commands/card/index.ts';
import type { Transport } from '../../protocol/transport.ts';
import { CardError } from '../errors.ts';
import { send } from '../send.ts';
import { closedError } from '../transports/closed.ts';
import { withGetResponse } from './get-response.ts';
import { layer } from './layer.ts';
import { withRightLength } from './right-length.ts';

/**
 * Opens another logical channel of the card and gives it as a transport: what goes through it goes to that channel,
 * which has a session of its own. Closing it closes the channel and leaves the transport below open. Commands of all
 * channels go through one reader one after the other, so whoever uses several at once waits for each answer.
 *
 * Throws `card/no-room` when all channels are open. Source: ISO/IEC 7816-4:2020 §5.4.1 and §11.1.2.
 */
export async function openLogicalChannel(inner: Transport): Promise<Transport> {
  const whole = withGetResponse(withRightLength(inner));
  const channel = await send(whole, cardCommands.openChannel, undefined);
  if (channel < 1 || channel > CLA_CHANNEL)
    throw new CardError(
      'card/malformed-response',
      `response of ${cardCommands.openChannel.name} not read: found channel ${channel}, expected 1 to 3`,
      { command: cardCommands.openChannel.name, length: 1 },
    );
  const name = `${inner.name}#${channel}`;
  let open = true;
  const onChannel = layer(inner, async (apdu) => {
    if (!open) throw closedError(name);
    const addressed = apdu.slice();
    addressed[0] = ((apdu[0] ?? 0) & ~CLA_CHANNEL) | channel;
    try {
      return await inner.transmit(addressed);
    } finally {
      // A copy of data that may be secret.
      addressed.fill(0);
    }
  });
  return {
    ...onChannel,
    name,
    // Spreading would take the length of this moment.
    get longestData() {
      return inner.longestData;
    },
    close: async () => {
      if (!open) return;
      open = false;
      await send(whole, cardCommands.closeChannel, channel);
    },
  };
}
