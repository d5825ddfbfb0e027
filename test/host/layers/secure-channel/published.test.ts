// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { type SecureTransport, withSecureChannel } from '../../../../host/layers/secure-channel.ts';
import { fromHex, toHex } from '../../../../protocol/bytes.ts';
import { encodeTlv } from '../../../../protocol/tlv.ts';
import type { Transport } from '../../../../protocol/transport.ts';
import { replayed } from '../../../support/cards.ts';
import { readFixture } from '../../../support/fixture.ts';

type Session = {
  readonly name: string;
  readonly keys: {
    readonly version: number;
    readonly enc: string;
    readonly mac: string;
    readonly dek: string;
  };
  readonly aid?: string;
  readonly initializeUpdate: string;
  readonly initializeUpdateResponse: string;
  readonly externalAuthenticate: string;
  readonly exchanges: readonly {
    readonly plain: string;
    readonly wrapped: string;
    readonly response?: string;
    readonly plainResponse?: string;
  }[];
};
const { sessions } = readFixture<{ sessions: Session[] }>('crypto/scp03.json');

/** The session as a card that answers it and nothing else. Where no answer was published it refuses with 6A88. */
function cardOf(session: Session, changed: Partial<Session> = {}) {
  const { aid, initializeUpdate, initializeUpdateResponse, externalAuthenticate, exchanges } = {
    ...session,
    ...changed,
  };
  const level = Number.parseInt(externalAuthenticate.slice(4, 6), 16);
  const lines: string[] = [];
  const exchange = (command: string, answer: string): void => {
    lines.push(`> ${command}`, `< ${answer}`);
  };
  if (aid !== undefined)
    exchange(selectOf(aid), `${toHex(encodeTlv(0x6f, encodeTlv(0x84, fromHex(aid))))}9000`);
  exchange(withLe(initializeUpdate), `${initializeUpdateResponse}9000`);
  exchange(externalAuthenticate, '9000');
  // Le is not covered by the MAC: with R-MAC every command asks for an answer.
  for (const { plain, wrapped, response } of exchanges)
    exchange((level & 0x10) !== 0 && !hasLe(plain) ? `${wrapped}00` : wrapped, response ?? '6A88');
  return replayed(lines.join('\n'));
}

const selectOf = (aid: string): string => `00A40400${(aid.length / 2).toString(16).padStart(2, '0')}${aid}00`;
const hasLe = (apdu: string): boolean => {
  const bytes = fromHex(apdu);
  return bytes.length > 4 && (bytes.length === 5 || bytes.length === 6 + (bytes[4] as number));
};
const withLe = (apdu: string): string => (hasLe(apdu) ? apdu : `${apdu}00`);
const keysOf = ({ keys }: Session) => ({
  version: keys.version,
  enc: fromHex(keys.enc),
  mac: fromHex(keys.mac),
  dek: fromHex(keys.dek),
});
const openAs = (secure: SecureTransport, session: Session, level?: number): Promise<void> =>
  secure.openSecureChannel(keysOf(session), {
    level: level ?? Number.parseInt(session.externalAuthenticate.slice(4, 6), 16),
    version: Number.parseInt(session.initializeUpdate.slice(4, 6), 16),
    hostChallenge: fromHex(session.initializeUpdate.slice(10, 26)),
  });
const transmit = async (transport: Transport, apdu: string): Promise<string> =>
  toHex(await transport.transmit(fromHex(apdu)));

describe('published sessions of SCP03', () => {
  it.each(sessions)('$name runs through the layer to the byte', async (session) => {
    const card = cardOf(session);
    const secure = withSecureChannel(card);
    if (session.aid !== undefined) await transmit(secure, selectOf(session.aid));
    await openAs(secure, session);
    for (const { plain, plainResponse } of session.exchanges)
      expect(await transmit(secure, plain)).toBe(plainResponse ?? '6a88');
    expect(card.remaining()).toBe(0);
  });

  const session = sessions[0] as Session;

  it('are refused where the card challenge is not the one of counter and AID', async () => {
    const other = `${session.aid?.slice(0, -2)}01`;
    const secure = withSecureChannel(cardOf(session, { aid: other }));
    await transmit(secure, selectOf(other));
    await expect(openAs(secure, session)).rejects.toMatchObject({
      code: 'card/wrong-card-cryptogram',
      details: { version: 0x30, part: 'challenge' },
    });
  });

  it('are refused where the card cryptogram is wrong, before the card counts a try', async () => {
    const response = session.initializeUpdateResponse;
    const flipped = `${response.slice(0, 45)}${response[45] === '0' ? '1' : '0'}${response.slice(46)}`;
    const card = cardOf(session, { initializeUpdateResponse: flipped });
    const secure = withSecureChannel(card);
    await transmit(secure, selectOf(session.aid ?? ''));
    await expect(openAs(secure, session)).rejects.toMatchObject({
      code: 'card/wrong-card-cryptogram',
      details: { part: 'cryptogram' },
    });
    expect(card.remaining()).toBe(1 + session.exchanges.length);
    expect(secure.securityLevel()).toBeUndefined();
  });

  // i parameter: 10 only pseudo-random challenges, 30 with R-MAC too. Source: GlobalPlatform Amendment D v1.2 §5.1.
  it.each([
    ['10', 0x33],
    ['10', 0x11],
    ['30', 0x33],
  ])('are refused where i is %s and the level asked for is %i', async (i, level) => {
    const response = session.initializeUpdateResponse;
    const poorer = `${response.slice(0, 24)}${i}${response.slice(26)}`;
    const secure = withSecureChannel(cardOf(session, { initializeUpdateResponse: poorer }));
    await transmit(secure, selectOf(session.aid ?? ''));
    await expect(openAs(secure, session, level)).rejects.toMatchObject({
      code: 'card/secure-channel-unsupported',
      message: expect.stringContaining(`i ${i}`),
    });
  });

  it('are opened at a level that fits, whatever else i leaves out', async () => {
    const plain = sessions.find(({ name }) => name === 'pySim AES128 03') as Session;
    const response = plain.initializeUpdateResponse;
    const poorer = `${response.slice(0, 24)}10${response.slice(26)}`;
    const secure = withSecureChannel(cardOf(plain, { initializeUpdateResponse: poorer }));
    await transmit(secure, selectOf(plain.aid ?? ''));
    await openAs(secure, plain);
    expect(secure.securityLevel()).toBe(0x03);
  });
});
