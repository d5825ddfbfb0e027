// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import {
  type Card,
  type CardMemory,
  type CardOptions,
  createCard,
  volatileMemory,
} from '../../../applet-sim/index.ts';
import { fromHex, toUpperHex } from '../../../protocol/bytes.ts';
import { initializeUpdate } from '../../../protocol/commands/secure-channel/authentication.ts';
import { encodePutKey } from '../../../protocol/scp03/put-key.ts';
import { secureChannelHost } from '../../../protocol/scp03/secure-messaging.ts';
import { deriveSessionKeys, hostCryptogram } from '../../../protocol/scp03/session-keys.ts';
import { openAdministrator, personalise } from '../support/administrator.ts';
import { apdus, send } from '../support/apdu.ts';
import { entriesOf, field, generate, IDENTITY, P256, policy } from '../support/two-channels.ts';

const key = fromHex('404142434445464748494A4B4C4D4E4F');
const keys = { version: 0x30, enc: key, mac: key, dek: key };
const BEGIN = '8050300008A5A5A5A5A5A5A5A500';
const LOG = '00CAFF2400';

/** EXTERNAL AUTHENTICATE after {@link BEGIN}, and the host's end for what follows. */
function authentication(card: Card, level = 0x33): { readonly apdu: string; wrap(command: string): string } {
  const begun = fromHex(send(card, BEGIN)[0] ?? '');
  const { cardChallenge } = initializeUpdate.response.decode(begun.subarray(0, -2));
  const hostChallenge = new Uint8Array(8).fill(0xa5);
  const session = deriveSessionKeys(keys, hostChallenge, cardChallenge);
  const host = secureChannelHost(session, 'S8', level);
  const apdu = toUpperHex(host.authenticate(hostCryptogram(session, hostChallenge, cardChallenge, 'S8')));
  return { apdu, wrap: (command) => toUpperHex(host.wrap(fromHex(command))) };
}

const selected = (options: CardOptions = {}): Card => {
  const card = createCard(options);
  send(card, apdus.select);
  return card;
};
const last = (card: Card, ...commands: readonly string[]): string => send(card, ...commands).at(-1) ?? '';

describe('EXTERNAL AUTHENTICATE', () => {
  it('spends a try for each cryptogram that is compared, whatever comes before and after it', () => {
    const card = selected();
    const right = (): string => authentication(card).apdu;
    const wrong = (): string => right().replace(/.{2}$/, (end) => (end === '00' ? '01' : '00'));
    for (let i = 0; i < 9; i++) {
      expect(last(card, wrong())).toBe('6300');
      // The same once more compares nothing.
      expect(last(card, right().replace(/^8482/, '8082'))).toBe('6E00');
      if (i % 3 === 0) card.reset();
      if (i % 3 === 0) send(card, apdus.select);
    }
    // Nine spent; too short, too long and another level spend none, and open nothing.
    expect(last(card, BEGIN, '848233000F000000000000000000000000000000')).toBe('6700');
    expect(last(card, BEGIN, `8482020010${'00'.repeat(16)}`)).toBe('6A86');
    expect(last(card, wrong())).toBe('6300');
    expect(last(card, BEGIN)).toBe('6983');
    expect(last(card, BEGIN.replace('805030', '805000'))).toBe('6983');
  });

  it('is no replay of an earlier one, over loss of power, application and channel', () => {
    const card = selected();
    const { apdu, wrap } = authentication(card);
    expect(last(card, apdu)).toBe('9000');
    const reset = wrap('80FA000000');
    card.powerOff();
    send(card, apdus.select);
    expect(last(card, BEGIN, apdu)).toBe('6300');
    expect(last(card, reset)).toBe('6982');
    expect(last(card, '00A4040008A000000151000000', BEGIN, apdu)).toBe('6300');
    expect(last(card, reset)).toBe('6982');
  });

  it.each([1, 2])('opens nothing and logs nothing when the memory fails at its write %i', (n) => {
    const inner = volatileMemory();
    let left = n;
    const memory: CardMemory = {
      ...inner,
      write: (changes) => {
        if (left-- === 1) throw new Error('no power');
        inner.write(changes);
      },
    };
    const card = selected({ memory });
    const { apdu, wrap } = authentication(card);
    expect(last(card, apdu)).toBe('6581');
    expect(last(card, wrap(LOG))).toBe('6982');
    expect(openAdministrator(card).send(LOG).map(entriesOf)).toEqual([['1030']]);
  });
});

describe('the administrator', () => {
  it.each([0x01, 0x11])('sends no secret at level %i, and changes nothing by trying', (level) => {
    const card = selected();
    const administrator = openAdministrator(card, { level });
    expect(administrator.send(apdus.storeData)).toEqual(['6982']);
    const imported = field('80480000', 'B61B840101800102C00102C510000102030405060708090A0B0C0D0E0F', '00');
    expect(administrator.send(imported, apdus.directory)).toEqual(['6982', '9000']);
  });

  it('is who sent the command itself inside the channel, and nobody beside it', () => {
    const card = selected();
    const administrator = openAdministrator(card);
    for (const command of ['80FA0000', '00E60000', '8047800000', generate(1, P256, IDENTITY, policy(6)), LOG])
      expect(last(card, command)).toBe('6982');
    for (const command of ['84FA0000', `84FA000008${'00'.repeat(8)}`])
      expect(last(card, command)).toBe('6982');
    // What came in the administrator's form and was not his has closed his channel.
    expect(administrator.send('80FA0000')).toEqual(['6982']);
  });

  it('goes on after he replaced the keys of his channel, and is out with the old ones then', () => {
    const card = createCard();
    send(card, '00A4040008A000000151000000');
    const administrator = openAdministrator(card);
    const next = new Uint8Array(16).fill(0x5a);
    const put = (kvn: string): string =>
      field(
        `80D8${kvn}81`,
        toUpperHex(encodePutKey({ version: 0x31, enc: next, mac: next, dek: next }, key)),
        '00',
      );
    expect(administrator.send(put('30'))).toEqual([expect.stringMatching(/^31.*9000$/)]);
    expect(administrator.send(put('31'), '80CA00E000')).toEqual([
      expect.stringMatching(/9000$/),
      expect.stringMatching(/9000$/),
    ]);
    expect(last(card, BEGIN)).toBe('6A88');
    expect(() =>
      openAdministrator(card, { keys: { version: 0x31, enc: next, mac: next, dek: next } }),
    ).not.toThrow();
  });

  it('uses no key of a holder, and reads no wallet', () => {
    const card = createCard();
    personalise(card, generate(1, P256, 2, policy(0x27)), generate(2, P256, 1, policy(0x27)));
    const administrator = openAdministrator(card);
    const commands = [
      apdus.chooseSignatureKey(2),
      '002A9E9A00',
      apdus.readKey(1),
      field('00478300', 'B603840101', '00'),
      '00CAFF2200',
      generate(3, P256, 1, policy(6)),
    ];
    expect(administrator.send(...commands)).toEqual(commands.map(() => '6982'));
  });
});

describe('an answer inside a secure channel', () => {
  it('is fetched protected, and by its own logical channel alone', () => {
    const card = createCard();
    personalise(card);
    send(card, '0070000001', '01A4040007F04253494D010000', apdus.verify);
    const { apdu, wrap } = authentication(card);
    expect(last(card, apdu)).toBe('9000');
    const imsi = last(card, '00CAFF2200').slice(0, -4);
    const ask = (channel: string): string => {
      const waiting = last(card, wrap('00CAFF22'));
      expect(waiting).toMatch(/^61/);
      return last(card, `${channel}C00000${waiting.slice(2)}`);
    };
    expect(ask('01')).toBe('6985');
    const fetched = ask('00');
    expect(fetched).toMatch(/9000$/);
    expect(fetched).not.toContain(imsi);
  });
});
