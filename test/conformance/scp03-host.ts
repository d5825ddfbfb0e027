// SPDX-License-Identifier: Apache-2.0
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import { type CommandApdu, encodeCommandApdu } from '../../protocol/apdu.ts';
import { fromHex, toUpperHex } from '../../protocol/bytes.ts';

/*
 * The host's end of SCP03 on OpenSSL's AES and nothing of ours, so that the card's end is not judged by its own formulas.
 * Source: GlobalPlatform Amendment D v1.2 §4.1.5, §6.2 and §7.1; CMAC: NIST SP 800-38B §6.2.
 */

/** Static keys, 16, 24 or 32 bytes each. */
export type StaticKeys = { readonly enc: Uint8Array; readonly mac: Uint8Array };

/** GlobalPlatform's public test key, which a new emulated card has three times. */
export const TEST_KEY = '404142434445464748494A4B4C4D4E4F';

/** A secure channel that is open; one command is answered before the next is wrapped. */
export type HostChannel = {
  readonly level: number;
  /** The command as it is sent; it gets an Le where the answer comes with a MAC. */
  wrap(command: CommandApdu): Uint8Array;
  /** Checks and decrypts the answer, SW1-SW2 included, to the command wrapped last. */
  unwrap(answer: Uint8Array): Uint8Array;
};

/** What is asked of a card to open a channel. */
export type ChannelRequest = {
  readonly keys: StaticKeys;
  readonly level: number;
  readonly kvn: number;
  /** Logical channel, 0 to 3. */
  readonly channel: number;
  /** Bytes of challenges and MACs: 8, or 16 in mode S16. */
  readonly size: 8 | 16;
};

const LEVEL = { cEncryption: 0x02, rMac: 0x10, rEncryption: 0x20 } as const;

/** Opens a secure channel; what the card answers must be right to the byte, its cryptogram too. */
export async function openHostChannel(
  exchange: (apdu: Uint8Array) => Promise<Uint8Array>,
  { keys, level, kvn, channel, size }: ChannelRequest,
): Promise<HostChannel> {
  const hostChallenge = randomBytes(size);
  const begin = Buffer.from([0x80 | channel, 0x50, kvn, 0x00, size, ...hostChallenge, 0x00]);
  const answer = await exchange(begin);
  expect(toUpperHex(answer.subarray(-2)), 'INITIALIZE UPDATE').toBe('9000');
  const [foundKvn, protocol, options = 0] = answer.subarray(10);
  expect([foundKvn, protocol, options & 0x01], 'KVN, SCP03 and mode').toEqual([kvn, 3, size === 16 ? 1 : 0]);
  expect(answer.length - 2, 'bytes of INITIALIZE UPDATE').toBe(
    13 + 2 * size + ((options & 0x10) === 0 ? 0 : 3),
  );
  const context = Buffer.concat([hostChallenge, answer.subarray(13, 13 + size)]);
  const session = {
    enc: derive(keys.enc, 0x04, context, keys.enc.length),
    mac: derive(keys.mac, 0x06, context, keys.mac.length),
    rmac: derive(keys.mac, 0x07, context, keys.mac.length),
  };
  expect(toUpperHex(answer.subarray(13 + size, 13 + 2 * size)), 'card cryptogram').toBe(
    toUpperHex(derive(session.mac, 0x00, context, size)),
  );
  const messaging = hostMessaging(session, level, size);
  const data = derive(session.mac, 0x01, context, size);
  const authenticate = messaging.sign({ cla: 0x80 | channel, ins: 0x82, p1: level, p2: 0x00, data });
  expect(toUpperHex(await exchange(authenticate)), 'EXTERNAL AUTHENTICATE').toBe('9000');
  return messaging;
}

type Session = { readonly enc: Uint8Array; readonly mac: Uint8Array; readonly rmac: Uint8Array };

function hostMessaging(
  keys: Session,
  level: number,
  size: number,
): HostChannel & { sign(command: CommandApdu): Uint8Array } {
  let chaining: Buffer = Buffer.alloc(16);
  let counter = 0;
  const has = (bit: number): boolean => (level & bit) !== 0;
  const block = (first: number): Buffer => {
    const bytes = Buffer.alloc(16);
    bytes.writeUInt32BE(counter, 12);
    bytes[0] = first;
    return aes('ecb', keys.enc, undefined, bytes);
  };
  const sign = (command: CommandApdu): Uint8Array => {
    const lc = command.data.length + size;
    const extended = lc > 255 || (command.le ?? 0) > 256;
    const { ins, p1, p2 } = command;
    const header = [
      (command.cla & ~0x03) | 0x04,
      ins,
      p1,
      p2,
      ...(extended ? [0, lc >> 8, lc & 0xff] : [lc]),
    ];
    chaining = cmac(keys.mac, Buffer.concat([chaining, Buffer.from(header), command.data]));
    return encodeCommandApdu({
      ...command,
      cla: command.cla | 0x04,
      data: Buffer.concat([command.data, chaining.subarray(0, size)]),
    });
  };
  return {
    level,
    sign,
    wrap: (command) => {
      counter++;
      const le = command.le ?? (has(LEVEL.rMac) ? 256 : undefined);
      const plain = { ...command, ...(le === undefined ? {} : { le }) };
      if (!has(LEVEL.cEncryption) || command.data.length === 0) return sign(plain);
      return sign({ ...plain, data: aes('cbc', keys.enc, block(0x00), padded(command.data)) });
    },
    unwrap: (answer) => {
      const sw = answer.subarray(-2);
      const [sw1 = 0] = sw;
      if (!has(LEVEL.rMac) || !(toUpperHex(sw) === '9000' || [0x62, 0x63].includes(sw1))) return answer;
      const sent = answer.subarray(0, -2 - size);
      const expected = cmac(keys.rmac, Buffer.concat([chaining, sent, sw])).subarray(0, size);
      expect(toUpperHex(answer.subarray(-2 - size, -2)), 'R-MAC').toBe(toUpperHex(expected));
      if (!has(LEVEL.rEncryption) || sent.length === 0) return Buffer.concat([sent, sw]);
      const decipher = createDecipheriv(`aes-${8 * keys.enc.length}-cbc`, keys.enc, block(0x80));
      const text = decipher.setAutoPadding(false).update(sent);
      const end = text.lastIndexOf(0x80);
      expect(toUpperHex(text.subarray(end)), 'padding').toMatch(/^80(00)*$/);
      return Buffer.concat([text.subarray(0, end), sw]);
    },
  };
}

/** `length` bytes of the KDF in counter mode with the derivation constant. Source: Amendment D v1.2 §4.1.5. */
export function derive(key: Uint8Array, constant: number, context: Uint8Array, length: number): Buffer {
  const blocks = [1, 2].map((counter) => {
    const before = [...new Uint8Array(11), constant, 0x00, (8 * length) >> 8, (8 * length) & 0xff, counter];
    return cmac(key, Buffer.concat([Buffer.from(before), context]));
  });
  return Buffer.concat(blocks).subarray(0, length);
}

/** The static keys of one key for all, or of ENC, MAC and DEK, in hexadecimal. */
export function staticKeys(keys: string | readonly string[] = TEST_KEY): StaticKeys {
  const [enc = '', mac = enc] = typeof keys === 'string' ? [keys] : keys;
  return { enc: fromHex(enc), mac: fromHex(mac) };
}

function cmac(key: Uint8Array, message: Uint8Array): Buffer {
  const first = doubled(aes('ecb', key, undefined, Buffer.alloc(16)));
  const whole = message.length > 0 && message.length % 16 === 0;
  const text = whole ? Buffer.from(message) : padded(message);
  const last = whole ? first : doubled(first);
  for (let i = 0; i < 16; i++) {
    const at = text.length - 16 + i;
    text[at] = (text[at] ?? 0) ^ (last[i] ?? 0);
  }
  return aes('cbc', key, Buffer.alloc(16), text).subarray(-16);
}

/** Times x in GF(2^128). */
function doubled(block: Buffer): Buffer {
  const carry = ((block[0] ?? 0) & 0x80) === 0 ? 0 : 0x87;
  const bytes = block.map((byte, i) => ((byte << 1) | ((block[i + 1] ?? 0) >> 7)) & 0xff);
  bytes[15] = (bytes[15] ?? 0) ^ carry;
  return Buffer.from(bytes);
}

/** 80 and zeros up to whole blocks. */
function padded(message: Uint8Array): Buffer {
  const text = Buffer.alloc((Math.floor(message.length / 16) + 1) * 16);
  text.set(message);
  text[message.length] = 0x80;
  return text;
}

function aes(mode: 'ecb' | 'cbc', key: Uint8Array, iv: Uint8Array | undefined, text: Uint8Array): Buffer {
  const cipher = createCipheriv(`aes-${8 * key.length}-${mode}`, key, iv ?? null);
  return cipher.setAutoPadding(false).update(text);
}
