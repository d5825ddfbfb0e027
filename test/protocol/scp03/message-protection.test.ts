// SPDX-License-Identifier: Apache-2.0
import { createCipheriv } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../../protocol/bytes.ts';
import { type Direction, decryptData, encryptData } from '../../../protocol/scp03/message-protection.ts';

const key = fromHex('404142434445464748494a4b4c4d4e4f');

/** Blocks as they are, encrypted by OpenSSL through Node; the initial vector is that of the counter 5. */
function opensslEncrypt(direction: Direction, blocks: Uint8Array): Uint8Array {
  const counter = fromHex(`${direction === 'command' ? '00' : '80'}${'00'.repeat(14)}05`);
  const iv = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false).update(counter);
  return createCipheriv('aes-128-cbc', key, iv).setAutoPadding(false).update(blocks);
}

describe.each<Direction>(['command', 'response'])('the data of a %s', (direction) => {
  it.each([
    ['no whole block', '01', '01800000000000000000000000000000'],
    ['a block less one byte', '11'.repeat(15), `${'11'.repeat(15)}80`],
    ['a whole block', '11'.repeat(16), `${'11'.repeat(16)}80${'00'.repeat(15)}`],
    ['bytes that look like padding', '8000', `800080${'00'.repeat(13)}`],
  ])('is padded and encrypted, and comes back: %s', (_, plain, padded) => {
    const encrypted = encryptData(key, direction, 5, fromHex(plain));
    expect(toHex(encrypted)).toBe(toHex(opensslEncrypt(direction, fromHex(padded))));
    expect(toHex(decryptData(key, direction, 5, encrypted) ?? fromHex('ff'))).toBe(plain);
  });

  it('stays nothing where it is nothing', () => {
    expect(encryptData(key, direction, 5, new Uint8Array(0))).toHaveLength(0);
    expect(decryptData(key, direction, 5, new Uint8Array(0))).toHaveLength(0);
  });

  it('is nothing too where a host encrypts the padding alone, as yubikit does', () => {
    const encrypted = opensslEncrypt(direction, fromHex(`80${'00'.repeat(15)}`));
    expect(decryptData(key, direction, 5, encrypted)).toEqual(new Uint8Array(0));
  });

  it.each([
    ['zeros alone', '00'.repeat(16)],
    ['another byte than 80', `11${'00'.repeat(14)}81`],
    ['80 and more zeros than a block has', `${'11'.repeat(15)}80${'00'.repeat(16)}`],
  ])('is refused with %s for padding', (_, blocks) => {
    expect(decryptData(key, direction, 5, opensslEncrypt(direction, fromHex(blocks)))).toBeUndefined();
  });

  it.each([1, 15, 17, 31])('is refused with %i bytes, which are no whole blocks', (length) => {
    expect(decryptData(key, direction, 5, new Uint8Array(length))).toBeUndefined();
  });
});
