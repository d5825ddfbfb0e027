// SPDX-License-Identifier: Apache-2.0
import {
  type CardMemory,
  changedRecords,
  type Records,
  volatileMemory,
} from '../../applet-sim/runtime/card-memory.ts';
import { concat, fromHex, toHex } from '../../protocol/bytes.ts';
import { blockchainSimCommands as custody } from '../../protocol/commands/blockchain-sim/index.ts';
import type { KeyPolicy } from '../../protocol/commands/blockchain-sim/key-policy.ts';
import { cardManagerCommands as manager } from '../../protocol/commands/card-manager/index.ts';
import { secureChannelCommands } from '../../protocol/commands/secure-channel/index.ts';
import { type CardCurve, cardCurveNames } from '../../protocol/crypto/card-curve.ts';
import { decodeIccid } from '../../protocol/identifiers/iccid.ts';
import { decodeImsi } from '../../protocol/identifiers/imsi.ts';
import { macLength } from '../../protocol/scp03/key-set.ts';
import { encodePutKey } from '../../protocol/scp03/put-key.ts';
import { iccid, imsi, keySets, paths, pins, policies, seeds } from './corpus.ts';
import type { Declared } from './declared.ts';
import { type DriveOptions, type Driver, drive } from './driver.ts';
import { settled } from './model/log.ts';
import { find } from './model/outcome.ts';
import { blank, type CardKind, copyOf, type Durable } from './model/state.ts';
import { apduOf } from './requests.ts';
import type { Step, Tampering } from './steps.ts';

/** A card in a state, ready to be copied: what its memory holds, and what the model knows of it. */
export type Image = {
  readonly name: string;
  readonly records: Records;
  readonly durable: Durable;
  /** What was done to make it of a blank card. */
  readonly steps: readonly Step[];
  /** What it is while nothing was written. */
  readonly lifeCycle: 'installed' | 'selectable';
};

/** A memory that begins as the image; what it is given is shared until it is written. */
export function memoryOf({ records }: Pick<Image, 'records'>): CardMemory {
  let kept = records;
  return {
    read: () => new Map([...kept].map(([name, value]) => [name, value.slice()])),
    write: (changes) => {
      kept = changedRecords(kept, new Map([...changes].map(([name, value]) => [name, value?.slice()])));
    },
    close: () => {},
  };
}

/** The model's part of an image, to be changed. */
export const durableOf = ({ durable }: Image): Durable => copyOf(durable);

/** How the cards are made that images are made of, where nothing else is asked. */
const plainKind: CardKind = { profile: 't1', confirmation: 'pin', mode: 'S8', challenge: 'pseudo-random' };
/** Of the cards that images are made of. */
export const IMAGE_SEED = 1;
const testKeys = keySets.slice(0, 1);
const SELECT = '00a4040007f04253494d010000';
const SELECT_MANAGER = '00a4040008a00000015100000000';

/** Work on a card that is being prepared. */
type Preparation = {
  plain(apdu: Uint8Array | string): void;
  secure(apdu: Uint8Array): void;
  initializeUpdate(): void;
  authenticate(level: number, tamper?: Tampering): void;
  /** SELECT and a secure channel. */
  administer(select?: string): void;
};

function preparation(driver: Driver, steps: Step[]): Preparation {
  const take = (step: Step): void => {
    steps.push(step);
    driver.take(step);
  };
  const plain = (apdu: Uint8Array | string): void =>
    take({ do: 'send', apdu: typeof apdu === 'string' ? apdu : toHex(apdu), fetch: true });
  const initializeUpdate = (): void =>
    plain(
      apduOf(secureChannelCommands.initializeUpdate, {
        kvn: 0,
        hostChallenge: new Uint8Array(macLength(driver.s.kind.mode)),
      }),
    );
  const authenticate = (level: number, tamper?: Tampering): void =>
    take({ do: 'authenticate', channel: 0, level, ...(tamper === undefined ? {} : { tamper }) });
  return {
    plain,
    initializeUpdate,
    authenticate,
    secure: (apdu) => take({ do: 'secure', apdu: toHex(apdu), fetch: true }),
    administer: (select = SELECT) => {
      plain(select);
      initializeUpdate();
      authenticate(0x33);
    },
  };
}

type Part = (card: Preparation, driver: Driver) => void;

/** Curves of the keys that are not on P-256; where the card has them not, the one that stands in. */
const curves: Readonly<Record<number, readonly [CardCurve, CardCurve]>> = {
  2: ['secp256k1', 'secp256k1'],
  3: ['Ed25519', 'brainpoolP256r1'],
  13: ['Ed25519', 'secp256k1'],
  14: ['SM2', 'brainpoolP256r1'],
};
const curveOf = (
  reference: number,
  { algorithms = cardCurveNames }: CardKind & Partial<Declared>,
): CardCurve => curves[reference]?.find((curve) => algorithms.includes(curve)) ?? 'P-256';
const policyOf = (reference: number): KeyPolicy | undefined =>
  policies[reference - 1 < policies.length ? reference - 1 : 1];

const makeKeys: Part = ({ secure }, { s: { kind } }) => {
  for (const reference of [1, 2, 3, 6, 7, 8, 9, 14]) {
    const policy = reference === 1 || reference === 14 ? policies[1] : policyOf(reference);
    secure(
      apduOf(custody.generateKeyPair, {
        reference,
        curve: curveOf(reference, kind),
        ...(policy ? { policy } : {}),
      }),
    );
  }
  const confirmed = { reference: 10, curve: 'P-256', policy: policies[4] } as const;
  secure(apduOf(custody.generateKeyPair, confirmed as never));
  const pinEach = { reference: 11, curve: 'P-256', policy: policies[3] } as const;
  secure(apduOf(custody.generateKeyPair, pinEach as never));
  const wallet = (reference: number, curve: CardCurve, seed: number): void =>
    secure(
      apduOf(custody.importKey, {
        reference,
        curve,
        role: 'wallet',
        secret: seeds[seed] ?? new Uint8Array(16),
      }),
    );
  wallet(4, 'secp256k1', 0);
  wallet(5, 'P-256', 2);
  wallet(13, curveOf(13, kind), 0);
  const agreement = { reference: 12, curve: 'P-256', role: 'agreement' } as const;
  secure(apduOf(custody.importKey, { ...agreement, secret: seeds[1] ?? new Uint8Array(32) }));
  secure(apduOf(custody.generateAttestationKey, undefined));
  secure(apduOf(custody.putCertificates, fromHex('30820102')));
};

const personalise: Part = ({ secure }) =>
  secure(
    apduOf(custody.storeData, {
      iccid: decodeIccid(fromHex(iccid)),
      imsi: decodeImsi(fromHex(imsi)),
      pin: fromHex(pins.pin),
      puk: fromHex(pins.puk),
    }),
  );

/** Sees every public key, of wallets at every path, in a true session and under duress. */
const lookAtWallets: Part = ({ plain }, { s }) => {
  for (const pin of [s.pin, s.duress]) {
    if (pin === undefined) continue;
    plain(apduOf(custody.verify, fromHex(pin)));
    for (const [reference, { role, curve }] of s.keys) {
      if (role !== 'wallet') continue;
      for (const path of paths) {
        const isSoft = path?.some((level) => level < 0x8000_0000) === true;
        if (isSoft && curve === 'Ed25519') continue;
        plain(apduOf(custody.readExtendedPublicKey, { reference, ...(path === undefined ? {} : { path }) }));
      }
    }
  }
  plain(SELECT);
};

const setDuress: Part = ({ plain }) =>
  plain(apduOf(custody.setDuressPin, { puk: fromHex(pins.puk), duressPin: fromHex(pins.duress) }));

const wrongTries: Part = ({ plain }) => {
  const wrong = fromHex('3939393939393939');
  for (let i = 0; i < 2; i++) plain(apduOf(custody.verify, wrong));
  for (let i = 0; i < 9; i++)
    plain(apduOf(custody.resetRetryCounter, { puk: wrong, newPin: fromHex(pins.pin) }));
};

const fillLog: Part = ({ plain }) => {
  for (let i = 0; i < 70; i++) plain(apduOf(custody.verify, fromHex(pins.pin)));
  plain(SELECT);
};

const putKeySets: Part = ({ administer, secure }, { s }) => {
  administer(SELECT_MANAGER);
  for (const set of keySets.slice(1, 3))
    secure(apduOf(manager.putKey, concat(Uint8Array.of(0), encodePutKey(set, s.secure?.dek ?? set.dek))));
};

const failAuthentications: Part = ({ plain, initializeUpdate, authenticate }) => {
  plain(SELECT);
  for (let i = 0; i < 9; i++) {
    initializeUpdate();
    authenticate(0x01, { at: 8, xor: 1 });
  }
};

const keyed: readonly Part[] = [(card) => card.administer(), makeKeys];
const held: readonly Part[] = [...keyed, personalise, (card) => card.plain(SELECT)];
const withDuress: readonly Part[] = [...held, setDuress, lookAtWallets];

/** Rules of PINs that the usual PINs break. */
const strict: Part = ({ administer, secure, plain }) => {
  administer();
  secure(
    apduOf(custody.storeData, {
      iccid: decodeIccid(fromHex(iccid)),
      imsi: decodeImsi(fromHex(imsi)),
      pin: fromHex('323436383133ffff'),
      puk: fromHex(pins.puk),
      pinRules: { flags: 3, minimumLength: 6 },
      forbiddenPins: [fromHex('353637383930ffff')],
    }),
  );
  plain(SELECT);
};

const lists: Readonly<
  Record<string, { readonly parts: readonly Part[]; readonly weight: number; readonly installed?: true }>
> = {
  blank: { parts: [], weight: 6 },
  installed: { parts: [], weight: 2, installed: true },
  'blank with keys': { parts: keyed, weight: 6 },
  personalised: { parts: [...held, lookAtWallets], weight: 14 },
  'with a duress PIN': { parts: withDuress, weight: 20 },
  'with rules for PINs': { parts: [strict], weight: 4 },
  'last tries': { parts: [...withDuress, wrongTries], weight: 6 },
  'full log': { parts: [...withDuress, fillLog], weight: 3 },
  blocked: {
    parts: [
      ...withDuress,
      (card) => card.administer(),
      ({ secure }) => secure(apduOf(custody.block, undefined)),
    ],
    weight: 3,
  },
  terminated: {
    parts: [(card) => card.administer(), ({ secure }) => secure(apduOf(custody.terminate, undefined))],
    weight: 1,
  },
  'several key sets': { parts: [...withDuress, putKeySets], weight: 4 },
  'last authentication': { parts: [failAuthentications], weight: 2 },
};

/** Every image's name, with its weight. */
export const imageWeights: readonly (readonly [number, string])[] = Object.entries(lists).map(
  ([name, { weight }]) => [weight, name],
);

/** How the card is made that becomes an image. */
export type ImageOptions = Pick<DriveOptions, 'open'> & { readonly kind?: CardKind };

/** An image, made by a card and judged by the model on the way. Throws {@link Finding}. */
export function makeImage(name: string, { kind = plainKind, ...options }: ImageOptions = {}): Image {
  const { parts, installed } = lists[name] ?? find(`no image ${name}`);
  const memory = volatileMemory();
  const lifeCycle: Image['lifeCycle'] = installed ? 'installed' : 'selectable';
  const driver = drive(memory, blank(lifeCycle, testKeys), kind, IMAGE_SEED, { ...options, lifeCycle });
  const steps: Step[] = [];
  for (const part of parts) part(preparation(driver, steps), driver);
  driver.take({ do: 'power off' });
  const durable = copyOf(driver.s);
  return {
    name,
    records: memory.read(),
    durable: { ...durable, log: settled(durable.log) },
    steps,
    lifeCycle,
  };
}
