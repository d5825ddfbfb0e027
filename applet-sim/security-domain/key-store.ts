// SPDX-License-Identifier: Apache-2.0
import { fromHex, wipe } from '../../protocol/bytes.ts';
import type { CborValue } from '../../protocol/cbor.ts';
import { isKeyLength, type Scp03KeySet } from '../../protocol/scp03/key-set.ts';
import type { RecordChanges, Records } from '../runtime/card-memory.ts';
import { copied, decodeRecord, elements, encodeRecord, integer, notRead } from '../runtime/record-codec.ts';

/** Most key sets of the security domain. */
export const KEY_SETS_MAX = 3;
/** Failed authentications in a row after which a key set locks. */
export const KEY_SET_TRIES = 10;
/** Highest sequence counter, three bytes; a key set that reached it opens no more. */
export const SEQUENCE_COUNTER_MAX = 0xff_ffff;

/** A key set as the security domain keeps it; a value, never changed in place. */
export type StoredKeySet = Scp03KeySet & {
  /** Sessions opened so far. */
  readonly sequenceCounter: number;
  readonly triesLeft: number;
};

/** Non-volatile state of the issuer security domain: its key sets, the first one is the default. */
export type SecurityDomainState = { readonly keySets: readonly StoredKeySet[] };

/** GlobalPlatform's public test keys 40 … 4F, version 30: what a blank emulated card comes with. */
export function testKeySet(): Scp03KeySet {
  const key = (): Uint8Array => fromHex('404142434445464748494A4B4C4D4E4F');
  return { version: 0x30, enc: key(), mac: key(), dek: key() };
}

/** A key set that was never used. */
export const freshKeySet = ({ version, enc, mac, dek }: Scp03KeySet): StoredKeySet => ({
  version,
  enc: enc.slice(),
  mac: mac.slice(),
  dek: dek.slice(),
  sequenceCounter: 0,
  triesLeft: KEY_SET_TRIES,
});

/** Overwrites the keys of a set that is gone. */
export const wipeStoredKeySet = ({ enc, mac, dek }: StoredKeySet): void => wipe(enc, mac, dek);

const nameOf = (place: number): string => `key-set/${place}`;
const places = Array.from({ length: KEY_SETS_MAX }, (_, i) => i);

/** Records of the key sets, one each. */
export function keySetChanges(before: SecurityDomainState, after: SecurityDomainState): RecordChanges {
  const changes = new Map<string, Uint8Array | undefined>();
  for (const place of places) {
    const next = after.keySets[place];
    if (next === before.keySets[place]) continue;
    changes.set(nameOf(place), next === undefined ? undefined : encodeKeySet(next));
  }
  return changes;
}

/** Every key set of a state as a record: what a card's first write holds. */
export const allKeySets = (state: SecurityDomainState): RecordChanges =>
  keySetChanges({ keySets: [] }, state);

/** The key sets of a card's records. Throws `emulator/card-image-not-read`. */
export function readKeySets(records: Records): SecurityDomainState {
  const keySets = places.flatMap((place) => {
    const bytes = records.get(nameOf(place));
    return bytes === undefined ? [] : [decodeRecord(bytes, decodeKeySet)];
  });
  if (keySets.length === 0) throw notRead('found no key set of the security domain, expected one at least');
  return { keySets };
}

const encodeKeySet = (set: StoredKeySet): Uint8Array =>
  encodeRecord([set.version, set.enc, set.mac, set.dek, set.sequenceCounter, set.triesLeft]);

function decodeKeySet(value: CborValue): StoredKeySet {
  const [version, enc, mac, dek, counter, tries] = elements(value, 'key set', 6);
  const set = {
    version: integer(version, 'key version number', 1, 0x7f),
    enc: copied(enc, 'ENC'),
    mac: copied(mac, 'MAC'),
    dek: copied(dek, 'DEK'),
    sequenceCounter: integer(counter, 'sequence counter', 0, SEQUENCE_COUNTER_MAX),
    triesLeft: integer(tries, 'tries of a key set', 0, KEY_SET_TRIES),
  };
  const { length } = set.enc;
  if (!isKeyLength(length) || set.mac.length !== length || set.dek.length !== length)
    throw notRead(`found keys of ${length} bytes, expected 16, 24 or 32`);
  return set;
}
