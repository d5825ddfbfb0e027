// SPDX-License-Identifier: Apache-2.0
import { asText, type CborValue } from '../../../protocol/cbor.ts';
import { KEY_SLOTS } from '../../../protocol/commands/blockchain-sim/key-reference.ts';
import { type Iccid, parseIccid } from '../../../protocol/identifiers/iccid.ts';
import { type Imsi, parseImsi } from '../../../protocol/identifiers/imsi.ts';
import { type LifeCycleState, lifeCycleStateOf, lifeCycleStates } from '../../../protocol/life-cycle.ts';
import { PIN_TRIES, type PinBlock, PUK_TRIES } from '../../../protocol/pin.ts';
import { forbiddenPinsLayout, type PinRules } from '../../../protocol/pin-rules.ts';
import type { RecordChanges, Records } from '../../runtime/card-memory.ts';
import type { KeyPair } from '../../runtime/crypto.ts';
import type { OwnerPin } from '../../runtime/owner-pin.ts';
import {
  copied,
  decodeRecord,
  elements,
  encodeRecord,
  integer,
  notRead,
} from '../../runtime/record-codec.ts';
import { type EventLog, emptyLog, logChanges, readLog } from './event-log.ts';
import {
  decodeCounter,
  decodeKey,
  decodeKeyPair,
  encodeCounter,
  encodeKey,
  encodeKeyPair,
  type KeyCounter,
  type StoredKey,
} from './stored-key.ts';

/** Who holds the card, and which PINs he may choose. */
export type Personalisation = {
  readonly iccid: Iccid;
  readonly imsi: Imsi;
  readonly pinRules: PinRules;
  readonly forbiddenPins: readonly PinBlock[];
};

/** PIN, PUK and the PIN that opens decoys, where there is one. */
export type Pins = { readonly pin: OwnerPin; readonly puk: OwnerPin; readonly duress?: PinBlock };

/** Non-volatile state of the application; a value, never changed in place. */
export type BlockchainSimState = {
  readonly lifeCycle: LifeCycleState;
  /** There when the card is personalised or blocked. */
  readonly personalisation?: Personalisation;
  readonly pins?: Pins;
  /** By key reference, 1 to 16, in their order. */
  readonly keys: ReadonlyMap<number, StoredKey>;
  /** Of every key that is there. */
  readonly counters: ReadonlyMap<number, KeyCounter>;
  readonly attestationKey?: KeyPair;
  readonly certificates?: Uint8Array;
  readonly log: EventLog;
};

/** A blank card in one of the two states in which one is made. */
export const blankState = (lifeCycle: 'installed' | 'selectable'): BlockchainSimState => ({
  lifeCycle,
  keys: new Map(),
  counters: new Map(),
  log: emptyLog,
});

const LIFE_CYCLE = 'life-cycle';
const slots = Array.from({ length: KEY_SLOTS }, (_, i) => i + 1);

/** What must be written to go from one state to another. */
export function stateChanges(before: BlockchainSimState, after: BlockchainSimState): RecordChanges {
  const changes = new Map<string, Uint8Array | undefined>(logChanges(before.log, after.log));
  const part = <Value>(
    name: string,
    value: (state: BlockchainSimState) => Value | undefined,
    encode: (value: Value) => Uint8Array,
  ): void => {
    const [old, next] = [value(before), value(after)];
    if (old !== next) changes.set(name, next === undefined ? undefined : encode(next));
  };
  part(
    LIFE_CYCLE,
    (s) => s.lifeCycle,
    (state) => Uint8Array.of(lifeCycleStates[state]),
  );
  part('personalisation', (s) => s.personalisation, encodePersonalisation);
  if (before.pins?.pin !== after.pins?.pin || before.pins?.duress !== after.pins?.duress)
    changes.set('pin', after.pins && encodePins(after.pins));
  part('puk', (s) => s.pins?.puk, encodePin);
  part('attestation-key', (s) => s.attestationKey, encodeKeyPair);
  part(
    'certificates',
    (s) => s.certificates,
    (bytes) => bytes.slice(),
  );
  if (before.keys !== after.keys)
    for (const slot of slots) part(`key/${slot}`, (s) => s.keys.get(slot), encodeKey);
  if (before.counters !== after.counters)
    for (const slot of slots) part(`counter/${slot}`, (s) => s.counters.get(slot), encodeCounter);
  return changes;
}

/** The state of a card's records. Throws `emulator/card-image-not-read`. */
export function readState(records: Records): BlockchainSimState {
  const read = <Value>(name: string, decode: (value: CborValue) => Value): Value | undefined => {
    const bytes = records.get(name);
    return bytes === undefined ? undefined : decodeRecord(bytes, decode);
  };
  const inSlots = <Value>(decode: (slot: number) => Value | undefined): ReadonlyMap<number, Value> =>
    new Map(
      slots.flatMap((slot) => {
        const value = decode(slot);
        return value === undefined ? [] : [[slot, value] as const];
      }),
    );
  const personalisation = read('personalisation', decodePersonalisation);
  const { pin, duress } = read('pin', decodePins) ?? {};
  const puk = read('puk', (value) => decodePin(value, 'PUK', PUK_TRIES));
  const attestationKey = read('attestation-key', decodeKeyPair);
  const certificates = records.get('certificates')?.slice();
  const keys = inSlots((slot) => read(`key/${slot}`, decodeKey));
  const counters = inSlots((slot) => {
    const bytes = records.get(`counter/${slot}`);
    return bytes === undefined ? undefined : decodeCounter(bytes);
  });
  const lifeCycle = readLifeCycle(records.get(LIFE_CYCLE));
  const isHeld = lifeCycle === 'personalised' || lifeCycle === 'blocked';
  if (isHeld !== (personalisation !== undefined && pin !== undefined && puk !== undefined))
    throw notRead(`found a card that is ${lifeCycle} ${isHeld ? 'without' : 'with'} its personal data`);
  if ([...keys.keys()].join() !== [...counters.keys()].join())
    throw notRead('found keys without their counters');
  return {
    lifeCycle,
    ...(personalisation === undefined ? {} : { personalisation }),
    ...(pin === undefined || puk === undefined
      ? {}
      : { pins: { pin, puk, ...(duress === undefined ? {} : { duress }) } }),
    keys,
    counters,
    ...(attestationKey === undefined ? {} : { attestationKey }),
    ...(certificates === undefined ? {} : { certificates }),
    log: readLog(records),
  };
}

/** The record of the life-cycle state alone. */
export const lifeCycleRecord = ({ lifeCycle }: BlockchainSimState): RecordChanges =>
  new Map([[LIFE_CYCLE, Uint8Array.of(lifeCycleStates[lifeCycle])]]);

function readLifeCycle(bytes: Uint8Array | undefined): LifeCycleState {
  const state = lifeCycleStateOf(bytes?.[0] ?? 0);
  if (state === undefined || bytes?.length !== 1) throw notRead('found a life-cycle state that is none');
  return state;
}

/** In place of a duress PIN where there is none: no PIN is eight FF. */
const NO_PIN = new Uint8Array(8).fill(0xff);

/**
 * PIN and duress PIN are one record of one length: whether there is a duress PIN, and which of the two is changed, does
 * not show by what is written.
 */
const encodePins = ({ pin: { block, triesLeft }, duress = NO_PIN }: Pins): Uint8Array =>
  encodeRecord([block, triesLeft, duress]);

function decodePins(value: CborValue): { readonly pin: OwnerPin; readonly duress?: PinBlock } {
  const [block, triesLeft, duress] = elements(value, 'PIN', 3);
  const pin = decodePin([block ?? null, triesLeft ?? null], 'PIN', PIN_TRIES);
  const found = copied(duress, 'duress PIN', 8);
  return found.every((byte) => byte === 0xff) ? { pin } : { pin, duress: found };
}

const encodePin = ({ block, triesLeft }: OwnerPin): Uint8Array => encodeRecord([block, triesLeft]);

function decodePin(value: CborValue, name: string, most: number): OwnerPin {
  const [block, triesLeft] = elements(value, name, 2);
  return { block: copied(block, name, 8), triesLeft: integer(triesLeft, `tries left of ${name}`, 0, most) };
}

const encodePersonalisation = ({ iccid, imsi, pinRules, forbiddenPins }: Personalisation): Uint8Array =>
  encodeRecord([
    iccid,
    imsi,
    pinRules.flags,
    pinRules.minimumLength,
    forbiddenPins.length === 0 ? new Uint8Array(0) : forbiddenPinsLayout.encode(forbiddenPins),
  ]);

function decodePersonalisation(value: CborValue): Personalisation {
  const [iccid, imsi, flags, minimumLength, forbidden] = elements(value, 'personalisation', 5);
  return {
    iccid: parseIccid(asText(iccid, 'ICCID')),
    imsi: parseImsi(asText(imsi, 'IMSI')),
    pinRules: {
      flags: integer(flags, 'rules for PINs', 0, 3),
      minimumLength: integer(minimumLength, 'fewest digits', 4, 8),
    },
    forbiddenPins: blocksOf(copied(forbidden, 'forbidden PINs')),
  };
}

const blocksOf = (bytes: Uint8Array): readonly PinBlock[] =>
  bytes.length === 0 ? [] : forbiddenPinsLayout.decode(bytes);
