// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { decodeCommandApdu, decodeResponseApdu, encodeCommandApdu } from '../../../protocol/apdu.ts';
import { concat, fromHex, toHex, uint16 } from '../../../protocol/bytes.ts';
import { ProtocolError } from '../../../protocol/errors.ts';
import { deriveScp03 } from '../../../protocol/scp03/key-derivation.ts';
import {
  diversifyKeySet,
  isKeyLength,
  keyCheckValue,
  type Scp03KeySet,
  type Scp03Mode,
  wipeKeySet,
} from '../../../protocol/scp03/key-set.ts';
import { secureChannelCard, secureChannelHost } from '../../../protocol/scp03/secure-messaging.ts';
import { shortDataMax } from '../../../protocol/scp03/security-level.ts';
import {
  cardCryptogram,
  deriveSessionKeys,
  hostCryptogram,
  pseudoRandomChallenge,
  sequenceCounterBytes,
  wipeSessionKeys,
} from '../../../protocol/scp03/session-keys.ts';
import { readFixture } from '../../support/fixture.ts';

type HexKeys = {
  readonly version: number;
  readonly enc: string;
  readonly mac: string;
  readonly dek: string;
};
type Session = {
  readonly name: string;
  readonly source: string;
  readonly keys: HexKeys;
  /** AID of the security domain, where the card's challenge is pseudo-random and the AID is known. */
  readonly aid?: string;
  readonly initializeUpdate: string;
  readonly initializeUpdateResponse: string;
  readonly sessionKeys?: { readonly enc: string; readonly mac: string; readonly rmac: string };
  readonly externalAuthenticate: string;
  readonly exchanges: readonly {
    readonly plain: string;
    readonly wrapped: string;
    readonly response?: string;
    readonly plainResponse?: string;
  }[];
};
const vectors = readFixture<{
  readonly sessions: readonly Session[];
  readonly encryptedData: { readonly session: string; readonly plain: string; readonly encrypted: string };
  readonly keyDerivation: {
    readonly vectors: readonly {
      readonly key: string;
      readonly constant: number;
      readonly context: string;
      readonly derived: string;
    }[];
  };
  readonly diversification: {
    readonly key: { readonly master: string; readonly data: string; readonly enc: string };
    readonly checkValues: readonly {
      readonly master: string;
      readonly data: string;
      readonly enc: string;
      readonly mac: string;
      readonly dek: string;
    }[];
  };
  readonly checkValues: readonly { readonly key: string; readonly value: string }[];
  readonly shortDataMax: {
    readonly cases: readonly { readonly mode: Scp03Mode; readonly level: number; readonly max: number }[];
  };
}>('crypto/scp03.json');

const keySet = (keys: HexKeys): Scp03KeySet => ({
  version: keys.version,
  enc: fromHex(keys.enc),
  mac: fromHex(keys.mac),
  dek: fromHex(keys.dek),
});

/** What both ends know once INITIALIZE UPDATE is answered: 8-byte challenges in all published sessions. */
function start(session: Session) {
  const answer = fromHex(session.initializeUpdateResponse);
  const keys = keySet(session.keys);
  const host = fromHex(session.initializeUpdate).slice(5, 13);
  const card = answer.slice(13, 21);
  const externalAuthenticate = decodeCommandApdu(fromHex(session.externalAuthenticate));
  return {
    keys,
    host,
    card,
    cryptogram: answer.slice(21, 29),
    counter: answer.slice(29),
    derive: () => deriveSessionKeys(keys, host, card),
    externalAuthenticate,
    level: externalAuthenticate.p1,
  };
}

describe.each(vectors.sessions)('the published session $name', (session) => {
  it('gives the cryptograms and session keys', () => {
    const { derive, host, card, cryptogram, externalAuthenticate } = start(session);
    const keys = derive();
    expect(toHex(cardCryptogram(keys, host, card, 'S8'))).toBe(toHex(cryptogram));
    expect(toHex(hostCryptogram(keys, host, card, 'S8'))).toBe(toHex(externalAuthenticate.data.slice(0, 8)));
    if (session.sessionKeys === undefined) return;
    expect({ enc: toHex(keys.enc), mac: toHex(keys.mac), rmac: toHex(keys.rmac) }).toEqual(
      session.sessionKeys,
    );
  });

  it('is what our host sends and understands', () => {
    const { derive, host, card, level } = start(session);
    const channel = secureChannelHost(derive(), 'S8', level);
    const authentication = channel.authenticate(hostCryptogram(derive(), host, card, 'S8'));
    expect(toHex(authentication)).toBe(session.externalAuthenticate);
    for (const exchange of session.exchanges) {
      expect(toHex(channel.wrap(fromHex(exchange.plain)))).toBe(exchange.wrapped);
      if (exchange.response !== undefined)
        expect(toHex(channel.unwrap(fromHex(exchange.response)))).toBe(exchange.plainResponse);
    }
  });

  it('is what our card understands and answers', () => {
    const { derive, host, card, externalAuthenticate, level } = start(session);
    const channel = secureChannelCard(derive(), 'S8');
    expect(
      channel.acceptAuthentication(externalAuthenticate, hostCryptogram(derive(), host, card, 'S8')),
    ).toBe(true);
    expect(channel.level).toBe(level);
    for (const { wrapped, plain, response, plainResponse } of session.exchanges) {
      const command = channel.unwrap(decodeCommandApdu(fromHex(wrapped)));
      expect(command && toHex(encodeCommandApdu(command))).toBe(plain);
      if (response === undefined || plainResponse === undefined) continue;
      const { data, sw } = decodeResponseApdu(fromHex(plainResponse));
      expect(toHex(concat(channel.wrap(data, sw), uint16(sw)))).toBe(response);
    }
  });
});

const withAid = vectors.sessions.flatMap(({ aid, ...session }) =>
  aid === undefined ? [] : [{ ...session, aid }],
);

it.each(withAid)('the challenge of $name comes from the sequence counter and the AID', (session) => {
  const { keys, card, counter } = start(session);
  const value = counter.reduce((sum, byte) => sum * 256 + byte, 0);
  expect(toHex(pseudoRandomChallenge(keys, value, fromHex(session.aid), 'S8'))).toBe(toHex(card));
  expect(sequenceCounterBytes(value)).toEqual(counter);
});

it('encrypts the data that asterix publishes for the first command at level 03', () => {
  const { session: name, plain, encrypted } = vectors.encryptedData;
  const session = vectors.sessions.find((each) => each.name === name);
  if (session === undefined) throw new Error(`no session ${name}`);
  const { derive, host, card } = start(session);
  const channel = secureChannelHost(derive(), 'S8', 0x03);
  channel.authenticate(hostCryptogram(derive(), host, card, 'S8'));
  const command = { cla: 0x80, ins: 0xe6, p1: 0x02, p2: 0x00, data: fromHex(plain) };
  const { data } = decodeCommandApdu(channel.wrap(encodeCommandApdu(command)));
  expect(toHex(data.slice(0, -8))).toBe(encrypted);
});

describe('keys of SCP03', () => {
  it.each(vectors.keyDerivation.vectors)('derives $derived with the constant $constant', (vector) => {
    const { key, constant, context, derived } = vector;
    expect(toHex(deriveScp03(fromHex(key), constant, fromHex(context), derived.length / 2))).toBe(derived);
  });

  it('diversifies the key that GlobalPlatformPro publishes', () => {
    const { master, data, enc } = vectors.diversification.key;
    expect(toHex(diversifyKeySet(fromHex(master), 1, fromHex(data)).enc)).toBe(enc);
  });

  it.each(vectors.diversification.checkValues)('diversifies $master as GlobalPlatformPro does', (vector) => {
    const { version, enc, mac, dek } = diversifyKeySet(fromHex(vector.master), 7, fromHex(vector.data));
    expect(version).toBe(7);
    const values = [enc, mac, dek].map((key) => toHex(keyCheckValue(key)));
    expect(values).toEqual([vector.enc, vector.mac, vector.dek]);
    expect(enc).toHaveLength(vector.master.length / 2);
  });

  it.each(vectors.checkValues)('gives the check value $value of $key', ({ key, value }) => {
    expect(toHex(keyCheckValue(fromHex(key)))).toBe(value);
  });

  it.each(vectors.shortDataMax.cases)('leaves $max bytes in $mode at level $level', (vector) => {
    expect(shortDataMax(vector.mode, vector.level)).toBe(vector.max);
  });

  it('knows the lengths of AES keys', () => {
    expect([0, 8, 15, 16, 17, 24, 31, 32, 33, 64].filter(isKeyLength)).toEqual([16, 24, 32]);
  });

  it.each([0, 8, 15, 17, 33])('refuses a key of %i bytes', (length) => {
    const refused = expect.objectContaining({ code: 'protocol/bad-layout', details: expect.anything() });
    expect(() => keyCheckValue(new Uint8Array(length))).toThrow(refused);
    expect(() => diversifyKeySet(new Uint8Array(length), 1, new Uint8Array(10))).toThrow(refused);
  });

  it.each([0, 9, 11])('refuses diversification data of %i bytes', (length) => {
    expect(() => diversifyKeySet(new Uint8Array(16), 1, new Uint8Array(length))).toThrow(ProtocolError);
  });

  it('leaves nothing of the keys once wiped, and wiping a session leaves the static DEK', () => {
    const keys = keySet({ version: 1, enc: '11'.repeat(16), mac: '22'.repeat(16), dek: '33'.repeat(16) });
    const session = deriveSessionKeys(keys, new Uint8Array(8), new Uint8Array(8));
    expect(toHex(session.dek)).toBe('33'.repeat(16));
    wipeSessionKeys(session);
    expect(Object.values(session).every((key) => key.every((byte) => byte === 0))).toBe(true);
    expect(toHex(keys.dek)).toBe('33'.repeat(16));
    wipeKeySet(keys);
    expect([keys.enc, keys.mac, keys.dek].map(toHex)).toEqual(Array(3).fill('00'.repeat(16)));
  });
});
