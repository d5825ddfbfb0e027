// SPDX-License-Identifier: Apache-2.0
import { concat, readUint64, uint64 } from './bytes.ts';
import { ProtocolError } from './errors.ts';
import { encodeTlv, formatTag, parseTlv } from './tlv.ts';

/** How a value lies in the data field of a command or response: written once, used by card, host and docs. */
export type Layout<Value> = {
  /** The layout in words, for docs/apdu.md. */
  readonly text: string;
  /** Fewest and most bytes; a length outside is the status word 6700. */
  readonly min: number;
  readonly max: number;
  /** Fewest bytes of a field that may also be absent, where `min` is 0. */
  readonly minWhenPresent?: number;
  /** Of an {@link optional} layout: the layout when it is there. */
  readonly present?: Layout<unknown>;
  encode(value: Value): Uint8Array;
  /** Throws `protocol/bad-layout`, `protocol/bad-tlv` or `protocol/bad-identifier`; on the card that is 6A80. */
  decode(bytes: Uint8Array): Value;
};

/** Whether a field of that many bytes can have the layout; if not, the card answers 6700. */
export const fitsLength = (layout: Layout<unknown>, length: number): boolean =>
  length >= (length > 0 ? (layout.minWhenPresent ?? layout.min) : layout.min) && length <= layout.max;

/** No data field. */
export const nothing: Layout<void> = {
  text: '–',
  min: 0,
  max: 0,
  encode: () => new Uint8Array(0),
  decode: (bytes) => {
    if (bytes.length > 0) throw badLayout('no data', bytes.length);
  },
};

/** A byte string of `min` to `max` bytes (or exactly `min`), named for the docs. */
export function bytes(name: string, min: number, max: number = min): Layout<Uint8Array> {
  const length = min === max ? `${min}` : `${min}–${max}`;
  const check = (value: Uint8Array): Uint8Array => {
    if (value.length < min || value.length > max) throw badLayout(`${name} of ${length} bytes`, value.length);
    return value;
  };
  return {
    text: `${name} (${length})`,
    min,
    max,
    encode: check,
    decode: (value) => check(new Uint8Array(value)),
  };
}

/** One byte as a number; any other number is refused, and never cut to a byte that names something else. */
export const byte = (name: string): Layout<number> =>
  mapped(
    bytes(name, 1),
    (value) => value[0] as number,
    (value) => {
      if (!Number.isInteger(value) || value < 0 || value > 0xff) throw outOfRange(name, value, 1);
      return Uint8Array.of(value);
    },
  );

/** An unsigned integer of 4 or 8 bytes, big-endian; one that does not fit is refused. */
export const uint = (name: string, length: 4 | 8): Layout<bigint> =>
  mapped(
    bytes(name, length),
    (value) => readUint64(concat(new Uint8Array(8 - length), value)),
    (value) => {
      if (value < 0n || value >= 1n << BigInt(8 * length)) throw outOfRange(name, value, length);
      return uint64(value).subarray(8 - length);
    },
  );

/** One of a table's names, as the byte that the table gives it. */
export const named = <Name extends string>(
  title: string,
  table: Readonly<Record<Name, number>>,
): Layout<Name> => {
  const names = Object.keys(table) as Name[];
  const text = names.map((name) => `${formatTag(table[name])} ${name}`).join(', ');
  return mapped(
    byte(`${title}: ${text}`),
    (value) => {
      const name = names.find((known) => table[known] === value);
      if (name === undefined) throw badLayout(`${title}: ${text}`, 1);
      return name;
    },
    (name) => table[name],
  );
};

/** One layout seen as another type: `read` may throw, `write` is its inverse. */
export const mapped = <Inner, Outer>(
  inner: Layout<Inner>,
  read: (value: Inner) => Outer,
  write: (value: Outer) => Inner,
): Layout<Outer> => ({
  text: inner.text,
  min: inner.min,
  max: inner.max,
  encode: (value) => inner.encode(write(value)),
  decode: (value) => read(inner.decode(value)),
});

/** A layout that may be absent (zero bytes, `undefined`). */
export const optional = <Value>(inner: Layout<Value>): Layout<Value | undefined> => ({
  text: `[${inner.text}]`,
  min: 0,
  max: inner.max,
  minWhenPresent: inner.min,
  present: inner,
  encode: (value) => (value === undefined ? new Uint8Array(0) : inner.encode(value)),
  decode: (value) => (value.length === 0 ? undefined : inner.decode(value)),
});

type Fields = Readonly<Record<string, Layout<unknown>>>;
type ValuesOf<F extends Fields> = { readonly [K in keyof F]: F[K] extends Layout<infer V> ? V : never };

/** Fixed-length fields one behind the other, such as old PIN ‖ new PIN. */
export function sequence<F extends Fields>(fields: F): Layout<ValuesOf<F>> {
  const names = Object.keys(fields);
  const parts = Object.values(fields);
  const length = parts.reduce((sum, part) => sum + part.max, 0);
  return {
    text: parts.map((part) => part.text).join(' ‖ '),
    min: length,
    max: length,
    encode: (value) => concat(...parts.map((part, i) => part.encode(value[names[i] as string]))),
    decode: (value) => {
      if (value.length !== length) throw badLayout(`${length} bytes`, value.length);
      let at = 0;
      const read = parts.map((part, i) => {
        const slice = value.subarray(at, at + part.max);
        at += part.max;
        return [names[i], part.decode(slice)];
      });
      return Object.fromEntries(read) as ValuesOf<F>;
    },
  };
}

type TlvFields = Readonly<Record<string, readonly [tag: number, layout: Layout<unknown>]>>;
type ValueOf<Member> = Member extends readonly [number, Layout<infer Value>] ? Value : never;
/** Names of the members that may be absent. */
type AbsentIn<F extends TlvFields> = {
  [K in keyof F]: undefined extends ValueOf<F[K]> ? K : never;
}[keyof F];
type TlvValuesOf<F extends TlvFields> = {
  readonly [K in Exclude<keyof F, AbsentIn<F>>]: ValueOf<F[K]>;
} & { readonly [K in AbsentIn<F>]?: ValueOf<F[K]> | undefined };

/**
 * BER-TLV data objects, written in the order given, read in any order; each must be there exactly once, an
 * {@link optional} one at most once, and no other may be. A tag in front of the object makes it the value of one
 * template.
 */
export function tlvs<F extends TlvFields>(fields: F, template?: number): Layout<TlvValuesOf<F>> {
  const rows = Object.entries(fields);
  const text = rows
    .map(([, [tag, { present, text }]]) =>
      present === undefined ? `${formatTag(tag)} ${text}` : `[${formatTag(tag)} ${present.text}]`,
    )
    .join(', ');
  const lengthOf = (pick: 'min' | 'max'): number => {
    const inner = rows.reduce(
      (sum, [, [tag, layout]]) =>
        pick === 'min' && layout.present !== undefined
          ? sum
          : sum + encodeTlv(tag, new Uint8Array(layout[pick])).length,
      0,
    );
    return template === undefined ? inner : encodeTlv(template, new Uint8Array(inner)).length;
  };
  return {
    text: template === undefined ? `{${text}}` : `${formatTag(template)} {${text}}`,
    min: lengthOf('min'),
    max: lengthOf('max'),
    encode: (value) => {
      const body = rows.flatMap(([name, [tag, { encode, present }]]) => {
        const field = (value as Readonly<Record<string, unknown>>)[name];
        if (present !== undefined && field === undefined) return [];
        return [encodeTlv(tag, (present?.encode ?? encode)(field))];
      });
      return template === undefined ? concat(...body) : encodeTlv(template, ...body);
    },
    decode: (value) => {
      const objects = template === undefined ? parseTlv(value) : parseTlv(onlyTemplate(value, template));
      let absent = 0;
      const values = rows.map(([name, [tag, member]]) => {
        const matches = objects.filter((object) => object.tag === tag);
        if (member.present !== undefined && matches.length === 0) {
          absent++;
          return [name, undefined];
        }
        if (matches.length !== 1) throw badLayout(`one data object ${formatTag(tag)}`, value.length);
        const layout = member.present ?? member;
        const object = (matches[0] as { value: Uint8Array }).value;
        if (object.length < layout.min || object.length > layout.max)
          throw badLayout(`${formatTag(tag)} ${layout.text}`, object.length);
        return [name, layout.decode(object)];
      });
      if (objects.length !== rows.length - absent)
        throw badLayout(`data objects ${text} and no other`, value.length);
      return Object.fromEntries(values) as TlvValuesOf<F>;
    },
  };
}

/** The same template repeated, up to `most` times, such as one entry a key. */
export const list = <Value>(
  item: Layout<Value>,
  template: number,
  most: number,
): Layout<readonly Value[]> => ({
  text: `${formatTag(template)} {${item.text}} × 0–${most}`,
  min: 0,
  max: most * encodeTlv(template, new Uint8Array(item.max)).length,
  encode: (values) => concat(...values.map((value) => encodeTlv(template, item.encode(value)))),
  decode: (value) => {
    const objects = parseTlv(value);
    if (objects.length > most || objects.some((object) => object.tag !== template))
      throw badLayout(`at most ${most} data objects ${formatTag(template)}`, value.length);
    return objects.map((object) => item.decode(object.value));
  },
});

function onlyTemplate(value: Uint8Array, template: number): Uint8Array {
  const [object, ...more] = parseTlv(value);
  if (object?.tag !== template || more.length > 0)
    throw badLayout(`one data object ${formatTag(template)}`, value.length);
  return object.value;
}

function badLayout(expected: string, length: number): ProtocolError<'protocol/bad-layout'> {
  return new ProtocolError(
    'protocol/bad-layout',
    `data not read: found ${length} bytes, expected ${expected}`,
    { expected, length },
  );
}

function outOfRange(
  name: string,
  value: number | bigint,
  length: number,
): ProtocolError<'protocol/bad-layout'> {
  const expected = `an unsigned integer of ${length} byte${length === 1 ? '' : 's'}`;
  return new ProtocolError(
    'protocol/bad-layout',
    `${name} not written: found ${value}, expected ${expected}`,
    { expected, length },
  );
}
