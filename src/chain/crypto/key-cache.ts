// SPDX-License-Identifier: Apache-2.0
import type { KeyObject } from 'node:crypto';
import type { CborValue } from '../../../protocol/cbor.ts';
import type { PublicKey } from '../../../protocol/crypto/public-key.ts';
import { type Account, readAccount } from '../transaction.ts';
import { keyObjectOf } from './key-object.ts';

/** Public keys that were read lately, with what is dear to compute of them: address and key object. */
export type KeyCache = {
  /** As `readAccount`, by the same rules. */
  readonly readKey: (value: CborValue | undefined) => Account;
  /** The key object of a key that was validated. */
  readonly keyObject: (key: PublicKey) => KeyObject;
};

/** A cache of at most `capacity` keys; the ones not used for longest go first. */
export function createKeyCache(capacity = 100_000): KeyCache {
  const accounts = createLru<Account>(capacity);
  const objects = createLru<KeyObject>(capacity);
  return {
    readKey(value) {
      const name = nameOfCoseKey(value);
      // No name: another form, which the strict reader names.
      if (name === undefined) return readAccount(value);
      return accounts(name, () => readAccount(value));
    },
    keyObject: (key) => objects(key.curve + latin1(key.bytes), () => keyObjectOf(key)),
  };
}

/** Text that two COSE_Keys share only when they are the same map: all members are in it, and there are no others. */
function nameOfCoseKey(value: CborValue | undefined): string | undefined {
  if (!(value instanceof Map)) return undefined;
  const kty = value.get(1);
  const curve = value.get(-1);
  const x = value.get(-2);
  const sign = value.get(-3);
  const members = sign === undefined ? 3 : 4;
  if (value.size !== members || typeof kty !== 'number' || typeof curve !== 'number') return undefined;
  if (!(x instanceof Uint8Array) || (sign !== undefined && typeof sign !== 'boolean')) return undefined;
  return `${kty} ${curve} ${String(sign)} ${latin1(x)}`;
}

const latin1 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');

function createLru<Value>(capacity: number): (name: string, make: () => Value) => Value {
  const entries = new Map<string, Value>();
  return (name, make) => {
    const found = entries.get(name);
    const value = found ?? make();
    // A Map keeps the order of insertion: to put an entry back makes it the youngest.
    if (found !== undefined) entries.delete(name);
    else if (entries.size >= capacity) entries.delete(entries.keys().next().value as string);
    entries.set(name, value);
    return value;
  };
}
