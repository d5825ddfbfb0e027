// SPDX-License-Identifier: Apache-2.0

/** Checks one text after another, byte by byte. */
export type Utf8Check = {
  /** Begins with a new text. */
  begin(): void;
  /** Takes the next byte of the text; whether the text may still be right. */
  next(byte: number): boolean;
  /** Whether the text may end here. */
  readonly whole: boolean;
};

/**
 * Whether texts are UTF-8, and none begins with a byte order mark, which decoders drop or keep as they like. A lead byte
 * says how many bytes follow and, in E0, ED, F0 and F4, narrows the range of the first of them: that alone shuts out
 * longer forms, surrogates and what is beyond U+10FFFF. So the state is 4 bytes and there is no table.
 *
 * Source: RFC 3629 §4 (the ranges), §6 (the mark).
 */
export function utf8Check(): Utf8Check {
  /** Continuation bytes still to come, and the range that the next of them must be in. */
  let left = 0;
  let low = 0x80;
  let high = 0xbf;
  /** Bytes of a mark seen at the beginning: 0 to 2, or 3 when the text begins otherwise. */
  let mark = 0;

  const beginsWithMark = (byte: number): boolean => {
    if (byte !== BYTE_ORDER_MARK[mark]) mark = BYTE_ORDER_MARK.length;
    else if (++mark === BYTE_ORDER_MARK.length) return true;
    return false;
  };

  const lead = (byte: number): boolean => {
    if (byte < 0x80) return true;
    if (byte < 0xc2 || byte > 0xf4) return false;
    left = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    if (byte === 0xe0) low = 0xa0;
    else if (byte === 0xed) high = 0x9f;
    else if (byte === 0xf0) low = 0x90;
    else if (byte === 0xf4) high = 0x8f;
    return true;
  };

  return {
    begin: () => {
      left = 0;
      low = 0x80;
      high = 0xbf;
      mark = 0;
    },
    next: (byte) => {
      if (mark < BYTE_ORDER_MARK.length && beginsWithMark(byte)) return false;
      if (left === 0) return lead(byte);
      if (byte < low || byte > high) return false;
      low = 0x80;
      high = 0xbf;
      left--;
      return true;
    },
    get whole() {
      return left === 0;
    },
  };
}

const BYTE_ORDER_MARK: readonly number[] = [0xef, 0xbb, 0xbf];
