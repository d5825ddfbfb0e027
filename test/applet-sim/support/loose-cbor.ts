// SPDX-License-Identifier: Apache-2.0
import { concat } from '../../../protocol/bytes.ts';

/** An item of CBOR as it is written, of any form: what the encoders of the toolkit would never write included. */
export type Item = {
  major: number;
  argument: bigint;
  /** Least bytes of the argument: 0 for the shortest head. */
  width: 0 | 1 | 2 | 4 | 8;
  /** Whether the length is indefinite. */
  indefinite: boolean;
  content: Uint8Array;
  /** Items of an array; keys and values of a map in turn; the content of a tag. */
  items: Item[];
};

/** A new item with the shortest head. */
export const item = (major: number, argument: bigint | number, items: Item[] = []): Item => ({
  major,
  argument: BigInt(argument),
  width: 0,
  indefinite: false,
  content: new Uint8Array(0),
  items,
});

/** The item that these bytes are; they must be well-formed, with definite lengths. */
export function parseItem(bytes: Uint8Array): Item {
  let at = 0;
  const next = (): Item => {
    const initial = bytes[at++] as number;
    const info = initial & 31;
    let argument = BigInt(info);
    if (info >= 24) {
      argument = 0n;
      for (let left = 1 << (info - 24); left > 0; left--)
        argument = (argument << 8n) | BigInt(bytes[at++] as number);
    }
    const read = item(initial >> 5, argument);
    if (read.major === 2 || read.major === 3) {
      read.content = bytes.slice(at, at + Number(argument));
      at += Number(argument);
    }
    const count = read.major === 4 ? argument : read.major === 5 ? argument * 2n : 0n;
    for (let i = 0n; i < count; i++) read.items.push(next());
    return read;
  };
  return next();
}

/** Bytes of the item, just as it says. */
export function encodeItem({ major, argument, width, indefinite, content, items }: Item): Uint8Array {
  const inner = items.map(encodeItem);
  if (indefinite)
    return concat(
      Uint8Array.of((major << 5) | 31),
      ...(content.length > 0 ? [encodeHead(major, BigInt(content.length), 0), content] : []),
      ...inner,
      Uint8Array.of(0xff),
    );
  return concat(encodeHead(major, argument, width), content, ...inner);
}

function encodeHead(major: number, argument: bigint, least: number): Uint8Array {
  const needed =
    argument < 24n ? 0 : argument < 0x100n ? 1 : argument < 0x1_0000n ? 2 : argument < 2n ** 32n ? 4 : 8;
  const width = Math.max(needed, least);
  if (width === 0) return Uint8Array.of((major << 5) | Number(argument));
  const bytes = new Uint8Array(1 + width);
  bytes[0] = (major << 5) | (24 + Math.log2(width));
  for (let i = 0; i < width; i++) bytes[width - i] = Number((argument >> BigInt(8 * i)) & 0xffn);
  return bytes;
}

/** The item and all that is in it, from the outside in. */
export const allItems = (root: Item): readonly Item[] => [root, ...root.items.flatMap(allItems)];

/** One thing to do to an item somewhere in a tree; which, where and with what is chosen by numbers. */
export type Defect = { readonly kind: number; readonly at: number; readonly value: number };

/** Kinds of {@link Defect}. */
export const DEFECT_KINDS = 12;

/** Does that to one item of the tree, in place. */
export function damage(root: Item, { kind, at, value }: Defect): void {
  const all = allItems(root);
  const target = all[at % all.length] as Item;
  const stride = target.major === 5 ? 2 : 1;
  const entries = Math.floor(target.items.length / stride);
  const entry = entries === 0 ? 0 : (value % entries) * stride;
  const recount = (): void => {
    if (target.major === 4 || target.major === 5)
      target.argument = BigInt(Math.floor(target.items.length / stride));
  };
  switch (kind) {
    case 0: // A longer head.
      target.width = ([1, 2, 4, 8] as const)[value % 4] as 1 | 2 | 4 | 8;
      break;
    case 1: // Another argument, without another content.
      target.argument += BigInt((value % 3) + 1) * (target.argument > 2n && value % 2 === 0 ? -1n : 1n);
      break;
    case 2: // An entry twice.
      target.items.splice(entry, 0, ...structuredClone(target.items.slice(entry, entry + stride)));
      recount();
      break;
    case 3: // Two entries in the other order.
      target.items.push(...target.items.splice(entry, stride));
      break;
    case 4: // An entry missing.
      target.items.splice(entry, stride);
      recount();
      break;
    case 5: // Another item in its place.
      Object.assign(target, structuredClone(all[value % all.length]));
      break;
    case 6: // A tag before it.
      Object.assign(target, item(6, value, [structuredClone(target)]));
      break;
    case 7: // An indefinite length.
      if (target.major >= 2 && target.major <= 5) target.indefinite = true;
      break;
    case 8: // Another major type.
      target.major = value % 8;
      break;
    case 9: // Another content.
      target.content = target.content.map((byte, index) =>
        index === value % target.content.length ? value : byte,
      );
      break;
    case 10: // One level more.
      Object.assign(target, item(4, 1, [structuredClone(target)]));
      break;
    default: // A large number.
      if (target.major <= 1) target.argument = 2n ** BigInt(value % 65) - 1n;
  }
}
