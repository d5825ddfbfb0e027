// SPDX-License-Identifier: Apache-2.0
import * as fc from 'fast-check';
import { type CommandApdu, decodeCommandApdu, encodeCommandApdu } from '../../../protocol/apdu.ts';
import type { Scp03KeySet, Scp03Mode } from '../../../protocol/scp03/key-set.ts';
import {
  type SecureChannelCard,
  type SecureChannelHost,
  secureChannelCard,
  secureChannelHost,
  securityLevels,
} from '../../../protocol/scp03/secure-messaging.ts';
import { deriveSessionKeys, hostCryptogram } from '../../../protocol/scp03/session-keys.ts';

/** What a session is made from. */
export type SessionPlan = {
  readonly keys: Scp03KeySet;
  readonly mode: Scp03Mode;
  readonly level: number;
  readonly channel: number;
  readonly hostChallenge: Uint8Array;
  readonly cardChallenge: Uint8Array;
};

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

/** Any session: every key length, mode, level and channel. */
export const sessionPlans: fc.Arbitrary<SessionPlan> = fc
  .record({
    keyLength: fc.constantFrom(16, 24, 32),
    mode: fc.constantFrom<Scp03Mode>('S8', 'S16'),
    level: fc.constantFrom(...securityLevels),
    channel: fc.integer({ min: 0, max: 3 }),
  })
  .chain(({ keyLength, mode, level, channel }) => {
    const key = bytes(keyLength);
    const challenge = bytes(mode === 'S8' ? 8 : 16);
    return fc
      .record({ enc: key, mac: key, dek: key, host: challenge, card: challenge })
      .map(({ enc, mac, dek, host, card }) => ({
        keys: { version: 0x30, enc, mac, dek },
        mode,
        level,
        channel,
        hostChallenge: host,
        cardChallenge: card,
      }));
  });

/** A plain command on a channel, of any case, short or extended, with at most `maxLength` bytes of data. */
export const commandsOn = (channel: number, maxLength: number): fc.Arbitrary<CommandApdu> =>
  fc
    .record({
      cla: fc.constantFrom(0x00, 0x80),
      ins: fc.integer({ min: 0, max: 255 }),
      p1: fc.integer({ min: 0, max: 255 }),
      p2: fc.integer({ min: 0, max: 255 }),
      data: fc.oneof(
        { weight: 3, arbitrary: fc.uint8Array({ maxLength: Math.min(300, maxLength) }) },
        // Long ones are cheap to make and need no shrinking byte by byte.
        { weight: 1, arbitrary: fc.integer({ min: 0, max: maxLength }).map((n) => pattern(n)) },
      ),
      le: fc.option(
        fc.oneof(fc.constantFrom(1, 255, 256, 257, 65_536), fc.integer({ min: 1, max: 65_536 })),
        {
          nil: undefined,
        },
      ),
    })
    .map(({ le, ...command }) => ({
      ...command,
      cla: command.cla | channel,
      ...(le === undefined ? {} : { le }),
    }));

const pattern = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 7) & 0xff);

/** Both ends of a session whose host is authenticated. */
export function openSession(plan: SessionPlan): {
  readonly host: SecureChannelHost;
  readonly card: SecureChannelCard;
} {
  const { keys, mode, level, channel, hostChallenge, cardChallenge } = plan;
  const derive = () => deriveSessionKeys(keys, hostChallenge, cardChallenge);
  const host = secureChannelHost(derive(), mode, level);
  const card = secureChannelCard(derive(), mode);
  const cryptogram = hostCryptogram(derive(), hostChallenge, cardChallenge, mode);
  const accepted = card.acceptAuthentication(
    decodeCommandApdu(host.authenticate(cryptogram, channel)),
    cryptogram,
  );
  if (!accepted) throw new Error('the card did not accept its own host');
  return { host, card };
}

/** A command as the host wraps and the card decodes it. */
export const wrapped = (host: SecureChannelHost, command: CommandApdu): CommandApdu =>
  decodeCommandApdu(host.wrap(encodeCommandApdu(command)));
