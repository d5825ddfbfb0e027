// SPDX-License-Identifier: Apache-2.0
import { fromHex, toHex } from '../../../protocol/bytes.ts';
import type { RequestOf } from '../../../protocol/command.ts';
import {
  getApplicationInformation,
  getKeyDirectory,
} from '../../../protocol/commands/blockchain-sim/get-data.ts';
import type { blockchainSimCommands } from '../../../protocol/commands/blockchain-sim/index.ts';
import { cardCurveNames } from '../../../protocol/crypto/card-curve.ts';
import { cardHashNames } from '../../../protocol/crypto/card-hash.ts';
import { encodeIccid } from '../../../protocol/identifiers/iccid.ts';
import { encodeImsi } from '../../../protocol/identifiers/imsi.ts';
import { SW } from '../../../protocol/status-word.ts';
import type { Rule } from './context.ts';
import { logBytes, record } from './log.ts';
import { done, hold, type Outcome, refuse } from './outcome.ts';
import { handOver, isPin, isPuk, takesPin } from './pins.ts';
import type { Durable, ModelState } from './state.ts';

type Commands = typeof blockchainSimCommands;

const storeData: Rule<RequestOf<Commands['storeData']>> = (request, { s }) => {
  const { pinRules: rules = { flags: 0, minimumLength: 4 }, forbiddenPins = [] } = request;
  const forbidden = forbiddenPins.map(toHex);
  const [pin, puk] = [toHex(request.pin), toHex(request.puk)];
  const areRules = rules.flags <= 3 && rules.minimumLength >= 4 && rules.minimumLength <= 8;
  if (!areRules || !forbidden.every(isPin) || !isPuk(puk) || !takesPin({ rules, forbidden }, pin))
    refuse(SW.badData);
  Object.assign(s, {
    lifeCycle: 'personalised',
    iccid: toHex(encodeIccid(request.iccid)),
    imsi: toHex(encodeImsi(request.imsi)),
    rules,
    forbidden,
    pin,
    pinTries: 3,
    puk,
    pukTries: 10,
    duress: undefined,
  } satisfies Partial<Durable>);
  handOver(s, 'personalised');
  return done;
};

const generateAttestationKey: Rule<void> = (_, { s }) => {
  if (s.attestation !== undefined) refuse(SW.alreadyExists);
  s.attestation = '';
  record(s.log, 'key-generated');
  return attestationPoint(s);
};

const readAttestationKey: Rule<void> = (_, { s }) => {
  if (s.attestation === undefined) refuse(SW.notFound);
  return attestationPoint(s);
};

/** 7F49 {86 point}: the first that is seen is the one for ever. */
function attestationPoint(s: ModelState): Outcome {
  return {
    length: 70,
    check: (data) => {
      const point = toHex(data.subarray(-65));
      hold(toHex(data.subarray(0, 5)) === '7f49438641', 'attestation key: found no public key template');
      hold(s.attestation === '' || s.attestation === point, 'attestation key: found another than before');
      s.attestation = point;
    },
  };
}

const putCertificates: Rule<Uint8Array> = (certificates, { s }) => {
  s.certificates = toHex(certificates);
  record(s.log, 'certificates-stored');
  return done;
};

const block: Rule<void> = (_, { s }) => {
  s.lifeCycle = 'blocked';
  handOver(s, 'blocked');
  return done;
};

const activate: Rule<void> = (_, { s }) => {
  if (s.pukTries === 0) refuse(SW.wrongState);
  s.lifeCycle = 'personalised';
  handOver(s, 'activated');
  return done;
};

/** Keys, certificates, attestation key, PIN, PUK and personal data are gone; the log and the key sets stay. */
function erase(s: ModelState, lifeCycle: 'selectable' | 'terminated'): void {
  Object.assign(s, {
    lifeCycle,
    iccid: '',
    imsi: '',
    rules: { flags: 0, minimumLength: 4 },
    forbidden: [],
    pin: '',
    pinTries: 3,
    puk: '',
    pukTries: 10,
    duress: undefined,
    attestation: undefined,
    certificates: '',
  } satisfies Partial<Durable>);
  s.keys.clear();
  handOver(s, lifeCycle === 'terminated' ? 'terminated' : 'factory-reset');
}

const terminate: Rule<void> = (_, { s }) => {
  erase(s, 'terminated');
  return done;
};

const factoryReset: Rule<void> = (_, { s }) => {
  erase(s, 'selectable');
  return done;
};

/** What GET DATA says of the application. */
export const informationOf = (s: ModelState): Uint8Array =>
  getApplicationInformation.response.encode({
    version: Uint8Array.of(2, 0),
    lifeCycle: s.lifeCycle,
    algorithms: s.kind.algorithms ?? cardCurveNames,
    keySlots: 16,
    pinTries: s.pinTries,
    pukTries: s.pukTries,
    hashes: s.kind.hashes ?? cardHashNames,
    confirmation: s.kind.confirmation,
    pinRules: s.rules,
  });

/** What GET DATA says of the keys. */
export const directoryOf = (s: ModelState): Uint8Array =>
  getKeyDirectory.response.encode(
    [...s.keys].sort(([a], [b]) => a - b).map(([reference, key]) => ({ reference, ...key })),
  );

const given =
  (of: (s: ModelState) => Uint8Array): Rule<void> =>
  (_, { s }) => ({ exact: of(s) });

/** Rules of the administrator's commands and of those that read data. */
export const administrationRules = {
  storeData,
  generateAttestationKey,
  readAttestationKey,
  putCertificates,
  block,
  activate,
  terminate,
  factoryReset,
  getApplicationInformation: given(informationOf),
  getKeyDirectory: given(directoryOf),
  getIccid: given((s) => fromHex(s.iccid)),
  getImsi: given((s) => fromHex(s.imsi)),
  getLog: given((s) => logBytes(s.log)),
  getCertificates: given((s) => fromHex(s.certificates)),
  getChallenge: (): Outcome => ({ length: 32 }),
};
