// SPDX-License-Identifier: Apache-2.0
import { SW } from '../../../../protocol/status-word.ts';
import { StatusFault } from '../../../runtime/status-fault.ts';
import { keyOrder } from './key-order.ts';
import { utf8Check } from './utf8-check.ts';

/** Major types that the reader knows; 6, the tags, is not one. Source: RFC 8949 §3.1. */
export const MAJOR = { uint: 0, nint: 1, bytes: 2, text: 3, array: 4, map: 5, simple: 7 } as const;

/** A major type that the reader knows. */
export type Major = (typeof MAJOR)[keyof typeof MAJOR];

/** Arguments of {@link MAJOR}.simple. Source: RFC 8949 §3.3, table 4. */
export const SIMPLE = { false: 20n, true: 21n, null: 22n } as const;

/** Most arrays and maps that may be open at a time. */
export const NESTING_MAX = 8;

/** What learns of an encoding as it is read. */
export type CborSink = {
  /**
   * An item begins. The argument is the value of a uint, n of the nint -1-n, the length of a string in bytes, the count
   * of an array's items or a map's pairs, or one of {@link SIMPLE}.
   */
  head(major: Major, argument: bigint): void;
  /** The next bytes of the string whose head came last: a view that is good during the call only. */
  content(part: Uint8Array): void;
  /** An item is complete, one in `depth` open arrays and maps; of a map, each key and each value is an item. */
  end(depth: number): void;
};

/** Reads one item that comes in parts of any length. */
export type CborReader = {
  /** Reads on. Throws {@link StatusFault} 6A80; the reader is of no use afterwards. */
  write(part: Uint8Array): void;
  /** Whether the item is complete. A further byte is refused. */
  readonly complete: boolean;
};

const ARRAY = 0;
const MAP_AT_KEY = 1;
const MAP_AT_VALUE = 2;

/**
 * A reader of deterministic CBOR (RFC 8949 §4.2.1) that keeps nothing of what it reads but the last key of each open
 * map. It refuses heads that are not the shortest, indefinite lengths, floats, tags, undefined and other simple values,
 * map keys that are not in rising order or other than integers below 2^32 and texts, encoded in at most 32 bytes, text
 * that is not UTF-8 or begins with a byte order mark, lengths and counts from 65,536 on, and more than
 * {@link NESTING_MAX} open arrays and maps. The content of byte strings is not looked into.
 *
 * On a chip its state is 299 bytes: initial byte 1, argument 8, bytes left of the argument 1 and of the string 2;
 * depth, flags and place in the key 1 each; UTF-8 4; and 8 frames of kind 1, items left 2 and last key 32, together 280.
 */
export function cborReader(sink: CborSink): CborReader {
  const kinds = new Uint8Array(NESTING_MAX);
  const itemsLeft = new Uint16Array(NESTING_MAX);
  const keys = keyOrder(NESTING_MAX);
  const utf8 = utf8Check();
  let depth = 0;
  let complete = false;
  let inKey = false;
  let major: Major = MAJOR.uint;
  let high = 0;
  let low = 0;
  let width = 0;
  let argumentLeft = 0;
  let contentLeft = 0;

  function begin(initial: number): void {
    if (complete) refuse();
    const type = initial >> 5;
    const info = initial & 0x1f;
    inKey = depth > 0 && kinds[depth - 1] === MAP_AT_KEY;
    if (type === 6 || (type === MAJOR.simple && (info < SIMPLE_MIN || info > SIMPLE_MAX))) refuse();
    if (inKey) {
      if (type !== MAJOR.uint && type !== MAJOR.nint && type !== MAJOR.text) refuse();
      keys.begin(depth - 1);
      if (!keys.next(initial)) refuse();
    }
    major = type as Major;
    high = 0;
    low = 0;
    if (info < 24) {
      low = info;
      headEnd();
      return;
    }
    if (info > 27) refuse();
    width = 1 << (info - 24);
    // Nothing that is counted or a key is so large; lengths and counts are two bytes on a chip.
    if (width > (major >= MAJOR.bytes ? 2 : inKey ? 4 : 8)) refuse();
    argumentLeft = width;
  }

  function argument(byte: number): void {
    if (inKey && !keys.next(byte)) refuse();
    if (argumentLeft > 4) high = high * 0x100 + byte;
    else low = low * 0x100 + byte;
    if (--argumentLeft > 0) return;
    if (width === 8 ? high === 0 : low < (width === 1 ? 24 : width === 2 ? 0x100 : 0x1_0000)) refuse();
    headEnd();
  }

  function headEnd(): void {
    sink.head(major, high === 0 ? BigInt(low) : (BigInt(high) << 32n) | BigInt(low));
    if (major === MAJOR.bytes || major === MAJOR.text) {
      if (inKey && !keys.fits(low)) refuse();
      if (major === MAJOR.text) utf8.begin();
      contentLeft = low;
      if (low === 0) itemEnd();
    } else if (major === MAJOR.array || major === MAJOR.map) {
      if (depth === NESTING_MAX) refuse();
      if (low === 0) itemEnd();
      else open(major === MAJOR.map ? MAP_AT_KEY : ARRAY, low);
    } else itemEnd();
  }

  function open(kind: number, count: number): void {
    kinds[depth] = kind;
    itemsLeft[depth] = count;
    keys.open(depth);
    depth++;
  }

  function content(part: Uint8Array): void {
    if (major === MAJOR.text)
      for (const byte of part) if (!utf8.next(byte) || (inKey && !keys.next(byte))) refuse();
    sink.content(part);
    contentLeft -= part.length;
    if (contentLeft > 0) return;
    if (major === MAJOR.text && !utf8.whole) refuse();
    itemEnd();
  }

  /** Ends the item and every array and map that ends with it. */
  function itemEnd(): void {
    for (;;) {
      const top = depth - 1;
      const kind = kinds[top];
      if (depth > 0 && kind === MAP_AT_KEY && !keys.rose) refuse();
      sink.end(depth);
      if (depth === 0) {
        complete = true;
        return;
      }
      if (kind === MAP_AT_KEY) {
        kinds[top] = MAP_AT_VALUE;
        return;
      }
      if (kind === MAP_AT_VALUE) kinds[top] = MAP_AT_KEY;
      const left = (itemsLeft[top] as number) - 1;
      itemsLeft[top] = left;
      if (left > 0) return;
      depth--;
    }
  }

  return {
    write: (part) => {
      let at = 0;
      while (at < part.length) {
        if (contentLeft > 0) {
          const end = Math.min(part.length, at + contentLeft);
          content(part.subarray(at, end));
          at = end;
        } else if (argumentLeft > 0) argument(part[at++] as number);
        else begin(part[at++] as number);
      }
    },
    get complete() {
      return complete;
    },
  };
}

const SIMPLE_MIN = Number(SIMPLE.false);
const SIMPLE_MAX = Number(SIMPLE.null);

function refuse(): never {
  throw new StatusFault(SW.badData);
}
