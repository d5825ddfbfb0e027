// SPDX-License-Identifier: Apache-2.0
import { encodeCommandApdu } from '../../protocol/apdu.ts';
import { concat, fromHex } from '../../protocol/bytes.ts';
import { type AnyCommand, type Command, encodeRequest } from '../../protocol/command.ts';
import { blockchainSimCommands as custody } from '../../protocol/commands/blockchain-sim/index.ts';
import { cardCommands } from '../../protocol/commands/card/index.ts';
import { cardManagerCommands as manager } from '../../protocol/commands/card-manager/index.ts';
import { secureChannelCommands } from '../../protocol/commands/secure-channel/index.ts';
import { cardCurveNames } from '../../protocol/crypto/card-curve.ts';
import { cardHashNames } from '../../protocol/crypto/card-hash.ts';
import { aidBytes, BLOCKCHAIN_SIM_AID, CARD_MANAGER_AID } from '../../protocol/identifiers/aid.ts';
import { decodeIccid } from '../../protocol/identifiers/iccid.ts';
import { decodeImsi } from '../../protocol/identifiers/imsi.ts';
import { encodeTerminalResponse } from '../../protocol/proactive-command.ts';
import { encodePutKey } from '../../protocol/scp03/put-key.ts';
import { iccid, imsi, keySets, messages, paths, peers, pins, policies, seeds } from './corpus.ts';
import type { ModelState } from './model/state.ts';
import type { Rng } from './random.ts';

/** A C-APDU of a command with a good request; `le` is left out where there is no response. */
export function apduOf<Request>(command: Command<Request, unknown>, request: Request): Uint8Array {
  const { cla, ins, response } = command;
  const encoded = encodeRequest(command, request);
  return encodeCommandApdu({ cla, ins, ...encoded, ...(response.max > 0 ? { le: 256 } : {}) });
}

/** A C-APDU of the command with data that is not encoded by its layout. */
export const rawApdu = ({ cla, ins, p1, p2 }: AnyCommand, data: Uint8Array): Uint8Array =>
  encodeCommandApdu({ cla, ins, p1, p2, data, le: 256 });

/** Makes the request of a command that a card in that state may get, mostly a good one. */
export type Maker = (rng: Rng, s: ModelState) => Uint8Array;

const digits = (hex: string): Uint8Array => fromHex(hex);

/** A PIN block: the right one in most cases. */
const somePin = (rng: Rng, s: ModelState, right = 65): Uint8Array => {
  if (rng.chance(right) && s.pin !== '') return digits(s.pin);
  if (rng.chance(40)) return digits(s.duress ?? pins.duress);
  return digits(rng.pick(rng.chance(85) ? pins.others : pins.bad));
};
const somePuk = (rng: Rng, s: ModelState): Uint8Array =>
  digits(rng.chance(60) && s.puk !== '' ? s.puk : rng.chance(90) ? pins.puk : rng.pick(pins.others));

/** A slot: one with such a key in most cases. */
const slotOf = (rng: Rng, s: ModelState, roles = ['identity', 'wallet', 'agreement']): number => {
  const fitting = [...s.keys].filter(([, { role }]) => roles.includes(role)).map(([reference]) => reference);
  return rng.chance(92) && fitting.length > 0 ? rng.pick(fitting) : rng.below(18);
};
const freeSlot = (rng: Rng, s: ModelState): number => {
  const free = Array.from({ length: 16 }, (_, i) => i + 1).filter((i) => !s.keys.has(i));
  return rng.chance(90) && free.length > 0 ? rng.pick(free) : rng.below(18);
};

/** A path where the key is a wallet, in most cases. */
const choiceOf = (
  rng: Rng,
  s: ModelState,
  reference: number,
): { reference: number; path?: readonly number[] } => {
  const isWallet = s.keys.get(reference)?.role === 'wallet';
  const path = rng.chance(isWallet ? 60 : 3) ? rng.pick(paths) : undefined;
  return path === undefined ? { reference } : { reference, path };
};

/** P-256 identity keys sign most: their signatures cost least. */
const signer = (rng: Rng, s: ModelState): number => {
  const cheap = [...s.keys].filter(([, { curve, role }]) => curve === 'P-256' && role === 'identity');
  return rng.chance(75) && cheap.length > 0 ? rng.pick(cheap)[0] : slotOf(rng, s);
};

const attributes = (rng: Rng): { role?: 'identity' | 'wallet' | 'agreement'; usage?: number } => ({
  ...(rng.chance(50) ? { role: rng.pick(['identity', 'wallet', 'agreement'] as const) } : {}),
  ...(rng.chance(30) ? { usage: 1 + rng.below(15) } : {}),
});
const policy = (rng: Rng) => {
  const given = rng.pick(policies);
  return given === undefined ? {} : { policy: given };
};

/** A choice of a key to sign with. */
export const chooseSigner: Maker = (rng, s) =>
  apduOf(custody.chooseSignatureKey, choiceOf(rng, s, signer(rng, s)));

/** GENERAL AUTHENTICATE with a peer on the curve, where there is one. */
export function agree(rng: Rng, curve: string): Uint8Array {
  const { point } = peers.find((peer) => peer.curve === curve) ?? rng.pick(peers);
  const sharedInfo = rng.chance(50) ? { sharedInfo: rng.pick(messages).subarray(0, 64) } : {};
  return apduOf(custody.generalAuthenticate, { point: fromHex(point), ...sharedInfo });
}

/** Custody commands with the weight that each has. */
export const custodyMakers: readonly (readonly [number, Maker])[] = [
  [4, () => apduOf(custody.getApplicationInformation, undefined)],
  [3, () => apduOf(custody.getKeyDirectory, undefined)],
  [2, () => apduOf(custody.getIccid, undefined)],
  [3, () => apduOf(custody.getImsi, undefined)],
  [4, () => apduOf(custody.getLog, undefined)],
  [1, () => apduOf(custody.getCertificates, undefined)],
  [1, () => apduOf(custody.getChallenge, undefined)],
  [8, (rng, s) => apduOf(custody.verify, rng.chance(12) ? undefined : somePin(rng, s, 80))],
  [
    5,
    (rng, s) => apduOf(custody.changeReferenceData, { oldPin: somePin(rng, s), newPin: somePin(rng, s, 20) }),
  ],
  [4, (rng, s) => apduOf(custody.resetRetryCounter, { puk: somePuk(rng, s), newPin: somePin(rng, s, 40) })],
  [
    4,
    (rng, s) =>
      apduOf(custody.setDuressPin, {
        puk: somePuk(rng, s),
        duressPin: rng.chance(15)
          ? digits('ff'.repeat(8))
          : rng.chance(70)
            ? digits(pins.duress)
            : somePin(rng, s, 20),
      }),
  ],
  [
    1,
    (rng, s) =>
      apduOf(custody.generateKeyPair, {
        reference: freeSlot(rng, s),
        curve: rng.chance(80) ? 'P-256' : rng.pick(cardCurveNames),
        ...(rng.chance(80) ? {} : attributes(rng)),
        ...policy(rng),
      }),
  ],
  [
    1,
    (rng, s) => {
      const role = rng.chance(85) ? 'agreement' : rng.pick(['identity', 'wallet'] as const);
      const curve = rng.chance(90) ? 'P-256' : rng.pick(cardCurveNames);
      const secret = rng.chance(85) && role === 'agreement' ? (seeds[1] ?? rng.bytes(32)) : rng.pick(seeds);
      return apduOf(custody.importKey, { reference: freeSlot(rng, s), curve, role, ...policy(rng), secret });
    },
  ],
  [5, (rng, s) => apduOf(custody.readPublicKey, { reference: slotOf(rng, s, ['identity', 'agreement']) })],
  [1, (rng, s) => apduOf(custody.readPublicKey, choiceOf(rng, s, slotOf(rng, s, ['wallet'])))],
  [1, (rng, s) => apduOf(custody.readExtendedPublicKey, choiceOf(rng, s, slotOf(rng, s, ['wallet'])))],
  [3, (rng, s) => apduOf(custody.deleteKey, { reference: slotOf(rng, s) })],
  [2, (rng, s) => apduOf(custody.resetLimit, { reference: slotOf(rng, s) })],
  [
    14,
    (rng, s) => {
      const choice = choiceOf(rng, s, signer(rng, s));
      return apduOf(custody.chooseSignatureKey, {
        ...choice,
        ...(rng.chance(15) ? { hash: rng.pick(cardHashNames) } : {}),
      });
    },
  ],
  [3, (rng, s) => apduOf(custody.chooseAuthenticationKey, choiceOf(rng, s, signer(rng, s)))],
  [3, (rng, s) => apduOf(custody.chooseAgreementKey, { reference: slotOf(rng, s, ['agreement']) })],
  [6, (rng) => apduOf(custody.hash, rng.pick(messages))],
  [
    4,
    (rng) =>
      apduOf(
        custody.computeDigitalSignature,
        new Uint8Array(rng.pick([0, 0, 0, 20, 32, 32, 64, 65])).fill(0x11),
      ),
  ],
  [1, (rng) => apduOf(custody.internalAuthenticate, new Uint8Array(rng.pick([16, 32, 64])).fill(0x29))],
  [
    2,
    (rng) => {
      const { point } = rng.pick(peers);
      const sharedInfo = rng.chance(50) ? { sharedInfo: rng.pick(messages).subarray(0, 64) } : {};
      return apduOf(custody.generalAuthenticate, { point: fromHex(point), ...sharedInfo });
    },
  ],
  [
    1,
    (rng, s) =>
      apduOf(custody.attest, {
        ...choiceOf(rng, s, slotOf(rng, s)),
        challenge: new Uint8Array(16 + rng.below(49)),
      }),
  ],
  [
    3,
    (rng) =>
      apduOf(custody.terminalProfile, fromHex(rng.pick(['ffffff', '000003', '000001', '00', 'ffffffff']))),
  ],
  [2, () => apduOf(custody.fetch, undefined)],
  [2, (rng) => terminalResponse(rng, rng.chance(50))],
  [2, (rng, s) => confirm(rng, s)],
  [3, (rng) => storeData(rng)],
  [1, () => apduOf(custody.generateAttestationKey, undefined)],
  [1, () => apduOf(custody.readAttestationKey, undefined)],
  [1, (rng) => apduOf(custody.putCertificates, new Uint8Array(1 + rng.below(600)).fill(0x30))],
  [2, () => apduOf(custody.block, undefined)],
  [3, () => apduOf(custody.activate, undefined)],
  [0.2, () => apduOf(custody.terminate, undefined)],
  [0.5, () => apduOf(custody.factoryReset, undefined)],
];

/** STORE DATA, with rules that the PIN keeps in most cases. */
function storeData(rng: Rng): Uint8Array {
  const rules = rng.chance(40) ? { pinRules: { flags: rng.below(5), minimumLength: 3 + rng.below(4) } } : {};
  const forbidden = rng.chance(30) ? { forbiddenPins: [digits(rng.pick(pins.others))] } : {};
  return apduOf(custody.storeData, {
    iccid: decodeIccid(fromHex(iccid)),
    imsi: decodeImsi(fromHex(imsi)),
    pin: digits(rng.chance(70) ? pins.pin : rng.pick(pins.others)),
    puk: digits(rng.chance(95) ? pins.puk : pins.pin),
    ...rules,
    ...forbidden,
  });
}

/** TERMINAL RESPONSE to the text, or to the question. */
export function terminalResponse(rng: Rng, isText: boolean): Uint8Array {
  const details = isText
    ? { number: 1, type: 0x21, qualifier: 0x80 }
    : { number: 2, type: 0x22, qualifier: 0x04 };
  const result = rng.chance(90) ? 0 : rng.pick([1, 2, 4, 4, 0x10, 0x12, 0x30]);
  const text = isText || rng.chance(5) ? {} : { text: fromHex(rng.chance(90) ? '0401' : '0400') };
  return apduOf(custody.terminalResponse, encodeTerminalResponse({ details, result, ...text }));
}

/** CONFIRM of the transaction that waits, in most cases. */
export function confirm(rng: Rng, s: ModelState): Uint8Array {
  const hash = s.work?.confirmation?.transaction.hash ?? new Uint8Array(32);
  const pin = somePin(rng, s, 80);
  return apduOf(custody.confirmWithPin, { pin, hash: rng.chance(80) ? hash : new Uint8Array(32) });
}

/** Commands of the card manager. */
export const managerMakers: readonly (readonly [number, Maker])[] = [
  [3, () => apduOf(manager.getKeyInformation, undefined)],
  [
    5,
    (rng, s) => {
      const given = rng.pick(keySets);
      const replaced = rng.chance(50) ? 0 : rng.pick(keySets).version;
      const dek = s.secure?.dek ?? given.dek;
      const field = encodePutKey(given, dek, { clearLength: rng.chance(70) });
      return apduOf(manager.putKey, concat(Uint8Array.of(replaced), field));
    },
  ],
  [
    3,
    (rng) => apduOf(manager.makeSelectable, aidBytes(rng.chance(90) ? BLOCKCHAIN_SIM_AID : CARD_MANAGER_AID)),
  ],
];

/** Commands of the card itself. */
export const cardMakers: readonly (readonly [number, Maker])[] = [
  [
    3,
    (rng) => {
      const aid = aidBytes(rng.chance(75) ? BLOCKCHAIN_SIM_AID : CARD_MANAGER_AID);
      return apduOf(cardCommands.select, rng.chance(85) ? aid : aid.subarray(0, rng.below(aid.length)));
    },
  ],
  [
    1,
    (rng) => apduOf(cardCommands.selectNext, rng.chance(60) ? new Uint8Array(0) : aidBytes(CARD_MANAGER_AID)),
  ],
  [4, (rng) => apduOf(cardCommands.openChannel, undefined).subarray(0, rng.chance(85) ? 5 : 4)],
  [2, (rng) => apduOf(cardCommands.closeChannel, 1 + rng.below(3))],
  [1, (rng) => rawApdu(cardCommands.getResponse, new Uint8Array(rng.chance(90) ? 0 : 3))],
];

/** INITIALIZE UPDATE with a key set that there is, in most cases. */
export function initializeUpdate(rng: Rng, s: ModelState): Uint8Array {
  const length = (s.kind.mode === 'S8') === rng.chance(97) ? 8 : 16;
  const set = rng.pick(s.keySets);
  const kvn = rng.chance(30) ? 0 : rng.chance(95) ? (set?.version ?? 0) : rng.below(128);
  return apduOf(secureChannelCommands.initializeUpdate, {
    kvn,
    hostChallenge: new Uint8Array(length).fill(rng.below(4)),
  });
}

/** The same C-APDU on another logical channel. */
export function onChannel(apdu: Uint8Array, channel: number): Uint8Array {
  const moved = apdu.slice();
  moved[0] = ((moved[0] ?? 0) & ~0x03) | channel;
  return moved;
}
