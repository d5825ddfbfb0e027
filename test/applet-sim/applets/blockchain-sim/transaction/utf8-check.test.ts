// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { utf8Check } from '../../../../../applet-sim/applets/blockchain-sim/transaction/utf8-check.ts';
import { fromHex, toHex } from '../../../../../protocol/bytes.ts';

const check = utf8Check();
function isText(bytes: Uint8Array): boolean {
  check.begin();
  return bytes.every((byte) => check.next(byte)) && check.whole;
}

// Node's decoder is the judge; it takes a mark at the beginning, which has its own test.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
function isUtf8(bytes: Uint8Array): boolean {
  try {
    decoder.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** The bytes at the edges of every range of RFC 3629 §4. */
const edges = fromHex('007f808f909fa0bfc0c1c2dfe0e1ecedeeeff0f1f3f4f5ff');

describe('the check of UTF-8', () => {
  it('agrees with TextDecoder on all of two bytes, and on up to four at the edges of every range', () => {
    const wrong: string[] = [];
    const compare = (...bytes: readonly number[]): void => {
      const text = Uint8Array.from(bytes);
      if (isText(text) !== isUtf8(text)) wrong.push(toHex(text));
    };
    for (let first = 0; first < 256; first++) {
      compare(first);
      for (let second = 0; second < 256; second++) compare(first, second);
    }
    for (const first of edges)
      for (const second of edges)
        for (const third of edges) {
          compare(first, second, third);
          for (const fourth of edges) compare(first, second, third, fourth);
        }
    expect(wrong).toEqual([]);
  });

  it('takes every character of Unicode but surrogates', () => {
    for (let code = 0; code <= 0x10ffff; code += code < 0x3000 ? 1 : 61) {
      const isSurrogate = code >= 0xd800 && code <= 0xdfff;
      const bytes = new TextEncoder().encode(String.fromCodePoint(isSurrogate ? 0x41 : code));
      if (code !== 0xfeff) expect(isText(bytes), code.toString(16)).toBe(true);
    }
  });

  it.each(['eda080', 'edbfbf', 'c080', 'e080af', 'f0808080', 'f4908080', 'f8888080', '80', 'e6b0', '61e6'])(
    'refuses %s: a surrogate, a longer form, beyond U+10FFFF, or not whole',
    (hex) => {
      expect(isText(fromHex(hex))).toBe(false);
    },
  );

  it('refuses a byte order mark at the beginning only, also after another text that was not whole', () => {
    expect(isText(fromHex('efbbbf'))).toBe(false);
    expect(isText(fromHex('efbbbf61'))).toBe(false);
    expect(isText(fromHex('efbb'))).toBe(false);
    expect(isText(fromHex('61efbbbf'))).toBe(true);
    expect(isText(fromHex('efbbbe'))).toBe(true);
    expect(isText(fromHex('efbb'))).toBe(false);
    expect(isText(fromHex('bf'))).toBe(false);
    expect(isText(new Uint8Array(0))).toBe(true);
  });
});
