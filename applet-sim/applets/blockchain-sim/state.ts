// SPDX-License-Identifier: Apache-2.0
import { wipe } from '../../../protocol/bytes.ts';
import {
  asArray,
  asBytes,
  asMap,
  asText,
  asUint,
  type CborMap,
  type CborValue,
  decodeCbor,
  encodeCbor,
} from '../../../protocol/cbor.ts';
import { KEY_SLOTS } from '../../../protocol/commands/blockchain-sim/key-reference.ts';
import { type Curve, curveNames } from '../../../protocol/crypto/curve.ts';
import { ToolkitError } from '../../../protocol/error-table.ts';
import { type Iccid, parseIccid } from '../../../protocol/identifiers/iccid.ts';
import { type Imsi, parseImsi } from '../../../protocol/identifiers/imsi.ts';
import { PIN_TRIES, PUK_TRIES } from '../../../protocol/pin.ts';
import { EmulatorError } from '../../errors.ts';
import { isPrivateKey, type KeyPair } from '../../runtime/crypto.ts';
import type { StateCodec } from '../../runtime/non-volatile.ts';
import type { OwnerPin } from '../../runtime/owner-pin.ts';

/** What STORE DATA gives a blank card. */
export type Personalisation = {
  readonly iccid: Iccid;
  readonly imsi: Imsi;
  readonly pin: OwnerPin;
  readonly puk: OwnerPin;
};

/** Non-volatile state of the application; a value, never changed in place. */
export type BlockchainSimState = {
  /** By key reference, 1 to 16. */
  readonly keys: ReadonlyMap<number, KeyPair>;
  /** Absent while the application is selectable. */
  readonly personalisation?: Personalisation;
};

const IMAGE_VERSION = 1;
const APPLICATION = 'blockchain-sim';

/** The state as deterministic CBOR. */
export const blockchainSimState: StateCodec<BlockchainSimState> = {
  blank: { keys: new Map() },
  encode: (state) => {
    const image = new Map<string, CborValue>([
      ['application', APPLICATION],
      ['version', IMAGE_VERSION],
      ['keys', [...state.keys].map(encodeKey)],
    ]);
    const { personalisation } = state;
    if (personalisation !== undefined) image.set('personalisation', encodePersonalisation(personalisation));
    // A plain array in place of what may be a part of Node's buffer pool, which others share.
    const pooled = encodeCbor(image);
    const bytes = new Uint8Array(pooled);
    wipe(pooled);
    return bytes;
  },
  decode: (image) => {
    try {
      return decodeState(image);
    } catch (cause) {
      if (cause instanceof EmulatorError || !(cause instanceof ToolkitError)) throw cause;
      throw notRead(cause.message, { cause });
    }
  },
};

const encodePin = (pin: OwnerPin): CborValue => [pin.block, pin.triesLeft];
const encodeKey = ([reference, key]: readonly [number, KeyPair]): CborValue => [
  reference,
  key.curve,
  key.secret,
  key.point,
];
const encodePersonalisation = (personalisation: Personalisation): CborValue =>
  new Map<string, CborValue>([
    ['iccid', personalisation.iccid],
    ['imsi', personalisation.imsi],
    ['pin', encodePin(personalisation.pin)],
    ['puk', encodePin(personalisation.puk)],
  ]);

function decodeState(image: Uint8Array): BlockchainSimState {
  const map = asMap(decodeCbor(image), 'image', ['application', 'version', 'keys'], ['personalisation']);
  const application = asText(map.get('application'), 'application');
  const version = asUint(map.get('version'), 'version');
  if (application !== APPLICATION || version !== BigInt(IMAGE_VERSION))
    throw notRead(
      `found ${application} version ${version}, expected ${APPLICATION} version ${IMAGE_VERSION}`,
    );
  const keys = new Map(asArray(map.get('keys'), 'keys').map(decodeKey));
  const personalisation = map.get('personalisation');
  if (personalisation === undefined) return { keys };
  const fields = asMap(personalisation, 'personalisation', ['iccid', 'imsi', 'pin', 'puk']);
  return { keys, personalisation: decodePersonalisation(fields) };
}

const decodePersonalisation = (fields: CborMap): Personalisation => ({
  iccid: parseIccid(asText(fields.get('iccid'), 'ICCID')),
  imsi: parseImsi(asText(fields.get('imsi'), 'IMSI')),
  pin: decodePin(fields.get('pin'), 'PIN', PIN_TRIES),
  puk: decodePin(fields.get('puk'), 'PUK', PUK_TRIES),
});

function decodePin(value: CborValue | undefined, name: string, most: number): OwnerPin {
  const [block, triesLeft] = elements(value, name, 2);
  return { block: copied(block, name, 8), triesLeft: integer(triesLeft, `tries left of ${name}`, 0, most) };
}

function decodeKey(value: CborValue): readonly [number, KeyPair] {
  const [reference, name, secret, point] = elements(value, 'key', 4);
  const curve = curveOf(asText(name, 'curve'));
  const privateKey = copied(secret, 'private key', 32);
  if (!isPrivateKey(curve, privateKey))
    throw notRead(`found a private key that is none of ${curve}, expected one`);
  return [
    integer(reference, 'key reference', 1, KEY_SLOTS),
    {
      curve,
      secret: privateKey,
      point: copied(point, 'public key', curve === 'Ed25519' ? 32 : 65),
    },
  ];
}

function curveOf(name: string): Curve {
  const curve = curveNames.find((known) => known === name);
  if (curve === undefined) throw notRead(`found curve ${name}, expected one of ${curveNames.join(', ')}`);
  return curve;
}

/** A copy, because the image that the decoded bytes may be a view of is wiped. */
const copied = (value: CborValue | undefined, name: string, length: number): Uint8Array =>
  new Uint8Array(asBytes(value, name, length));

function elements(value: CborValue | undefined, name: string, count: number): readonly CborValue[] {
  const found = asArray(value, name);
  if (found.length !== count) throw notRead(`found ${name} of ${found.length} elements, expected ${count}`);
  return found;
}

function integer(value: CborValue | undefined, name: string, min: number, max: number): number {
  const found = asUint(value, name);
  if (found < BigInt(min) || found > BigInt(max))
    throw notRead(`found ${name} ${found}, expected ${min} to ${max}`);
  return Number(found);
}

function notRead(reason: string, options: { readonly cause?: unknown } = {}): EmulatorError {
  return new EmulatorError(
    'emulator/card-image-not-read',
    `card image not read: ${reason}`,
    { reason },
    options,
  );
}
