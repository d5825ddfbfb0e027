// SPDX-License-Identifier: Apache-2.0
import { fromHex, toHex } from '../../protocol/bytes.ts';
import { CBOR_DEPTH_MAX, type CborValue, encodeCbor } from '../../protocol/cbor.ts';
import { type Curve, curveNames, curves } from '../../protocol/crypto/curve.ts';
import { type PublicKey, parsePublicKey } from '../../protocol/crypto/public-key.ts';
import { type ChainId, parseChainId } from './chain-id.ts';
import { ChainError } from './errors.ts';
import { portableSha256 } from './sha256.ts';

/** A value of a genesis file: JSON without fractions, so that its content has one deterministic CBOR form. */
export type GenesisValue =
  | null
  | boolean
  | number
  | string
  | readonly GenesisValue[]
  | { readonly [name: string]: GenesisValue };

/** Rules of one chain, the same on every node. */
export type Parameters = {
  /** How many heights ahead of the block that holds it the expiry of a transaction may lie. */
  readonly expiryWindow: number;
  /** Most transactions in one block. */
  readonly maxBlockTransactions: number;
  /** Most bytes of all transactions in one block. */
  readonly maxBlockBytes: number;
};

/** The agreement that a chain starts from; the only thing that a light client trusts. */
export type Genesis = {
  readonly chainId: ChainId;
  /** Milliseconds since 1970-01-01 UTC; the first block is later. */
  readonly time: bigint;
  /** Key that signs every header. */
  readonly producer: PublicKey;
  readonly parameters: Parameters;
  /** Section of each module by its name; the module validates it. */
  readonly modules: Readonly<Record<string, GenesisValue>>;
  /** SHA-256 of the content in deterministic CBOR, so that blanks and the order of names do not matter. */
  readonly hash: Uint8Array;
  /** The content as people review it. */
  readonly text: string;
};

/** What a new chain needs; parameters that are left out become {@link defaultParameters}. */
export type GenesisFields = {
  readonly chainId: ChainId;
  readonly time: bigint;
  readonly producer: PublicKey;
  readonly parameters?: Partial<Parameters>;
  readonly modules: Readonly<Record<string, GenesisValue>>;
};

/** Parameters that a new genesis gets where none are given. */
export const defaultParameters: Parameters = {
  expiryWindow: 1000,
  maxBlockTransactions: 10_000,
  maxBlockBytes: 4_194_304,
};

/** Version of the file's form; a node refuses any other. */
const FORMAT = 1;

/** Least and most of each parameter. A block always has room for one transaction of the largest size. */
const bounds: Readonly<Record<keyof Parameters, readonly [least: number, most: number]>> = {
  expiryWindow: [1, 1_000_000],
  maxBlockTransactions: [1, 100_000],
  maxBlockBytes: [65_536, 67_108_864],
};

/** A genesis of these fields, with its text. Throws `chain/bad-genesis`. */
export function createGenesis(fields: GenesisFields): Genesis {
  const { producer } = fields;
  const content = {
    format: FORMAT,
    chainId: fields.chainId,
    time: new Date(Number(fields.time)).toISOString(),
    producer: { curve: producer.curve, publicKey: toHex(producer.bytes) },
    parameters: { ...defaultParameters, ...fields.parameters },
    modules: fields.modules,
  };
  return parseGenesis(`${JSON.stringify(content, null, 2)}\n`);
}

/** Reads and validates a genesis file; the modules validate their own sections. Throws `chain/bad-genesis`. */
export function parseGenesis(text: string): Genesis {
  let value: GenesisValue;
  try {
    value = JSON.parse(text) as GenesisValue;
  } catch (cause) {
    throw badGenesis('the top', 'expected JSON', { cause });
  }
  const encoded = encodeCbor(cborOf('the top', value));
  if (!numbersAreDigits(text))
    throw badGenesis('the top', 'found a number with a point or an exponent, expected digits only');
  if (namesWritten(text) !== namesRead(value))
    throw badGenesis('the top', 'found a name twice in one object, expected each once');
  const content = genesisObject('the top', value, [
    'format',
    'chainId',
    'time',
    'producer',
    'parameters',
    'modules',
  ]);
  if (content.format !== FORMAT) throw badGenesis('format', `expected ${FORMAT}`);
  const modules = genesisObject('modules', content.modules);
  return {
    chainId: chainIdOf(content.chainId),
    time: timeOf(content.time),
    producer: producerOf(content.producer),
    parameters: parametersOf(content.parameters),
    modules,
    hash: portableSha256(encoded),
    text,
  };
}

/** The error of a genesis value; `path` such as `modules.money.currencies[0].code`. */
export const badGenesis = (
  path: string,
  reason: string,
  options: { readonly cause?: unknown } = {},
): ChainError =>
  new ChainError('chain/bad-genesis', `genesis not valid at ${path}: ${reason}`, { path, reason }, options);

/**
 * The value as an object, with exactly these names where they are given.
 * Throws `chain/bad-genesis`.
 */
export function genesisObject<Name extends string>(
  path: string,
  value: GenesisValue | undefined,
  names?: readonly Name[],
): Readonly<Record<Name, GenesisValue>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw badGenesis(path, 'expected an object');
  const found = Object.keys(value);
  const missing = names?.find((name) => !found.includes(name));
  if (missing !== undefined) throw badGenesis(path, `expected the name ${missing}, found none`);
  const unknown = names && found.find((name) => !(names as readonly string[]).includes(name));
  if (unknown !== undefined) throw badGenesis(path, `found the unknown name ${unknown.slice(0, 64)}`);
  return value as Readonly<Record<Name, GenesisValue>>;
}

function chainIdOf(value: GenesisValue): ChainId {
  try {
    return parseChainId(typeof value === 'string' ? value : '');
  } catch (cause) {
    throw badGenesis('chainId', 'expected 1 to 32 characters a-z, 0-9 and hyphen', { cause });
  }
}

function timeOf(value: GenesisValue): bigint {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  if (!Number.isSafeInteger(time) || time < 0 || new Date(time).toISOString() !== value)
    throw badGenesis('time', 'expected a time in UTC such as 2026-11-22T10:00:00.000Z');
  return BigInt(time);
}

function producerOf(value: GenesisValue): PublicKey {
  const { curve, publicKey } = genesisObject('producer', value, ['curve', 'publicKey']);
  if (!curveNames.includes(curve as Curve))
    throw badGenesis('producer.curve', `expected one of ${curveNames.join(', ')}`);
  const { publicKeyLength } = curves[curve as Curve];
  const hex = `expected ${publicKeyLength * 2} hexadecimal digits in lower case`;
  if (
    typeof publicKey !== 'string' ||
    !/^[0-9a-f]*$/.test(publicKey) ||
    publicKey.length !== publicKeyLength * 2
  )
    throw badGenesis('producer.publicKey', hex);
  try {
    return parsePublicKey(curve as Curve, fromHex(publicKey));
  } catch (cause) {
    throw badGenesis('producer.publicKey', `expected a key on ${String(curve)}`, { cause });
  }
}

function parametersOf(value: GenesisValue): Parameters {
  const names = Object.keys(bounds) as readonly (keyof Parameters)[];
  const parameters = genesisObject('parameters', value, names);
  for (const name of names) {
    const [least, most] = bounds[name];
    const found = parameters[name];
    if (!Number.isSafeInteger(found) || (found as number) < least || (found as number) > most)
      throw badGenesis(`parameters.${name}`, `expected an integer from ${least} to ${most}`);
  }
  return parameters as Readonly<Record<keyof Parameters, number>>;
}

/** That of the encoding which the hash is of. */
const MAX_DEPTH = CBOR_DEPTH_MAX;

function cborOf(path: string, value: GenesisValue, depth = 0): CborValue {
  if (depth > MAX_DEPTH) throw badGenesis(path.slice(0, 64), `expected at most ${MAX_DEPTH} levels`);
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value) || Object.is(value, -0))
      throw badGenesis(path, 'found a number that is not an integer up to 2^53-1');
    return value;
  }
  if (typeof value === 'string') return textOf(path, value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value))
    return value.map((item: GenesisValue, index) => cborOf(`${path}[${index}]`, item, depth + 1));
  return new Map(
    Object.entries(value).map(([name, item]) => [
      textOf(path, name),
      cborOf(`${path}.${name}`, item, depth + 1),
    ]),
  );
}

// Half of a surrogate pair has no UTF-8, so two texts would have one hash; some readers drop a byte order mark.
function textOf(path: string, text: string): string {
  if (text.startsWith('\ufeff')) throw badGenesis(path, 'found a text that begins with a byte order mark');
  if (/\p{Surrogate}/u.test(text)) throw badGenesis(path, 'found a text that is not Unicode');
  return text;
}

// JSON.parse keeps the last of two equal names, and a reader may see the first: so they are counted.
const namesWritten = (text: string): number =>
  [...text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g)].filter((match) => match[1] !== undefined).length;

// JSON.parse rounds 999.99999999999999999 to 1000, and a reader with decimals does not.
const numbersAreDigits = (text: string): boolean =>
  ![...text.matchAll(/"(?:[^"\\]|\\.)*"|[0-9][.eE]/g)].some(([part]) => !part.startsWith('"'));

function namesRead(value: GenesisValue): number {
  if (typeof value !== 'object' || value === null) return 0;
  const items = Object.values(value) as readonly GenesisValue[];
  const own = Array.isArray(value) ? 0 : items.length;
  return items.reduce((sum: number, item) => sum + namesRead(item), own);
}
