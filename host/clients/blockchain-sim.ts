// SPDX-License-Identifier: Apache-2.0
import { wipe } from '../../protocol/bytes.ts';
import type { AnyCommand, Command, RequestOf, ResponseOf } from '../../protocol/command.ts';
import { blockchainSimCommands as commands } from '../../protocol/commands/blockchain-sim/index.ts';
import { cardCommands } from '../../protocol/commands/card/index.ts';
import type { Curve } from '../../protocol/crypto/curve.ts';
import { type PublicKey, parsePublicKey } from '../../protocol/crypto/public-key.ts';
import { aidBytes, BLOCKCHAIN_SIM_AID } from '../../protocol/identifiers/aid.ts';
import type { Iccid } from '../../protocol/identifiers/iccid.ts';
import type { Imsi } from '../../protocol/identifiers/imsi.ts';
import { PIN_TRIES, type PinBlock, pinBlock, pukBlock } from '../../protocol/pin.ts';
import type { Transport } from '../../protocol/transport.ts';
import { CardError } from '../errors.ts';
import { inTurn } from '../in-turn.ts';
import { withGetResponse } from '../layers/get-response.ts';
import { withRightLength } from '../layers/right-length.ts';
import { send } from '../send.ts';

/** What the application is and can. */
export type ApplicationInformation = ResponseOf<typeof commands.getApplicationInformation>;
/** One key of the key directory. */
export type KeyEntry = ResponseOf<typeof commands.getKeyDirectory>[number];
/** Whether the PIN is verified in this session, and its tries left (0 = blocked). */
export type PinStatus = { readonly verified: boolean; readonly triesLeft: number };
/** What a blank card is given; PIN of 4 to 8 and PUK of 8 ASCII digits, which stay the caller's to wipe. */
export type Personalisation = {
  readonly iccid: Iccid;
  readonly imsi: Imsi;
  readonly pin: Uint8Array;
  readonly puk: Uint8Array;
};

/**
 * The key-custody application of a card: one method for each command of the catalogue.
 *
 * Calls run one after the other, however many are made at once. PINs and PUKs are ASCII digits; the padded copies
 * made of them are wiped, the digits themselves stay the caller's. After any error the methods can be called again;
 * after `card/reset` call {@link BlockchainSim.select} first, and `verify` where the PIN is needed.
 */
export type BlockchainSim = {
  /** Name of the transport that it was opened on. */
  readonly name: string;
  /** Selects the application again, which ends the access that VERIFY opened. Throws `card/application-not-found`. */
  select(): Promise<void>;
  applicationInformation(): Promise<ApplicationInformation>;
  keyDirectory(): Promise<readonly KeyEntry[]>;
  /** Throws `card/not-personalised`. */
  iccid(): Promise<Iccid>;
  /** Personal data. Throws `card/pin-required` or `card/not-personalised`. */
  imsi(): Promise<Imsi>;
  /** 32 random bytes. */
  getChallenge(): Promise<Uint8Array>;
  /** Personalises a blank card, all or nothing. Throws `card/already-personalised`. */
  storeData(personalisation: Personalisation): Promise<void>;
  /** Throws `card/wrong-pin`, `card/pin-blocked` or `card/not-personalised`. */
  verify(pin: Uint8Array): Promise<void>;
  /** VERIFY without data, which costs no try. Throws `card/not-personalised`. */
  pinStatus(): Promise<PinStatus>;
  /** A new PIN for the old one, which is verified by it. Throws as {@link BlockchainSim.verify}. */
  changeReferenceData(oldPin: Uint8Array, newPin: Uint8Array): Promise<void>;
  /** A new PIN, verified, for the PUK. Throws `card/wrong-puk` or `card/puk-blocked`. */
  resetRetryCounter(puk: Uint8Array, newPin: Uint8Array): Promise<void>;
  /**
   * A new key pair in an empty slot (1–16). The card is asked once which curves it has: another is refused with
   * `card/algorithm-not-declared` before anything is sent. Throws `card/slot-taken` or `card/no-such-key`.
   */
  generateKeyPair(reference: number, curve: Curve): Promise<PublicKey>;
  /** The public key of a slot; without `curve` the key directory is asked first. Throws `card/no-such-key`. */
  readPublicKey(reference: number, curve?: Curve): Promise<PublicKey>;
  /** Hashes up to 4,096 bytes with SHA-256 on the card, for a {@link BlockchainSim.computeDigitalSignature} without data. */
  hash(reference: number, message: Uint8Array): Promise<void>;
  /**
   * Signature of 64 bytes over a SHA-256 digest of 32 bytes, over up to 4,096 bytes of message for Ed25519, or over
   * what {@link BlockchainSim.hash} hashed just before. Not verified here: see `cardSigner`.
   * Throws `card/pin-required` or `card/no-such-key`.
   */
  computeDigitalSignature(reference: number, data?: Uint8Array): Promise<Uint8Array>;
  /** Signature of 64 bytes over the `internalAuthenticateMessage` of a challenge of 16 to 64 bytes. Throws as above. */
  internalAuthenticate(reference: number, challenge: Uint8Array): Promise<Uint8Array>;
  /** Closes the transport. */
  close(): Promise<void>;
};

/**
 * Selects the key-custody application of the card behind the transport, which may be bare: responses in parts and
 * wrong lengths are taken care of here. Throws `card/application-not-found` and what the transport throws; the
 * transport stays open then.
 */
export async function openBlockchainSim(transport: Transport): Promise<BlockchainSim> {
  const sim = client(withGetResponse(withRightLength(transport)));
  await sim.select();
  return sim;
}

type Choice = typeof commands.chooseSignatureKey | typeof commands.chooseAuthenticationKey;

function client(transport: Transport): BlockchainSim {
  /** The key chosen on the card for signatures and for authentication; what we do not know for sure is not here. */
  const chosen = new Map<Choice, number>();
  /** All work goes through here: after an error nothing is known of the card's session any more. */
  const exclusively = inTurn(() => chosen.clear());
  let declared: readonly Curve[] | undefined;

  const one = <Request, Response>(command: Command<Request, Response>, request: Request): Promise<Response> =>
    send(transport, command, request);

  const run = <C extends AnyCommand>(command: C, request: RequestOf<C>): Promise<ResponseOf<C>> =>
    exclusively(() => one(command, request));

  const choose = async (command: Choice, reference: number): Promise<void> => {
    if (chosen.get(command) === reference) return;
    await one(command, { reference });
    chosen.set(command, reference);
  };

  const directory = (): Promise<readonly KeyEntry[]> => one(commands.getKeyDirectory, undefined);

  return {
    name: transport.name,
    close: () => transport.close(),
    select: () =>
      exclusively(async () => {
        chosen.clear();
        declared = undefined;
        await one(cardCommands.select, aidBytes(BLOCKCHAIN_SIM_AID));
      }),
    applicationInformation: () => run(commands.getApplicationInformation, undefined),
    keyDirectory: () => exclusively(directory),
    iccid: () => run(commands.getIccid, undefined),
    imsi: () => run(commands.getImsi, undefined),
    getChallenge: () => run(commands.getChallenge, undefined),
    storeData: ({ iccid, imsi, pin, puk }) =>
      padded(
        [
          [pinBlock, pin],
          [pukBlock, puk],
        ],
        (pinPart, pukPart) => run(commands.storeData, { iccid, imsi, pin: pinPart, puk: pukPart }),
      ),
    verify: (pin) => padded([[pinBlock, pin]], (block) => run(commands.verify, block)),
    pinStatus: () => exclusively(() => pinStatus(transport)),
    changeReferenceData: (oldPin, newPin) =>
      padded(
        [
          [pinBlock, oldPin],
          [pinBlock, newPin],
        ],
        (oldPart, newPart) => run(commands.changeReferenceData, { oldPin: oldPart, newPin: newPart }),
      ),
    resetRetryCounter: (puk, newPin) =>
      padded(
        [
          [pukBlock, puk],
          [pinBlock, newPin],
        ],
        (pukPart, newPart) => run(commands.resetRetryCounter, { puk: pukPart, newPin: newPart }),
      ),
    generateKeyPair: (reference, curve) =>
      exclusively(async () => {
        declared ??= (await one(commands.getApplicationInformation, undefined)).algorithms;
        if (!declared.includes(curve)) throw notDeclared(reference, curve, declared);
        const { point } = await one(commands.generateKeyPair, { reference, curve });
        return publicKeyOf(commands.generateKeyPair, curve, point);
      }),
    readPublicKey: (reference, curve) =>
      exclusively(async () => {
        const known = curve ?? (await directory()).find((key) => key.reference === reference)?.curve;
        if (known === undefined) throw noSuchKey(reference);
        const { point } = await one(commands.readPublicKey, { reference });
        return publicKeyOf(commands.readPublicKey, known, point);
      }),
    hash: (reference, message) =>
      exclusively(async () => {
        await choose(commands.chooseSignatureKey, reference);
        await one(commands.hash, message);
      }),
    computeDigitalSignature: (reference, data = new Uint8Array(0)) =>
      exclusively(async () => {
        await choose(commands.chooseSignatureKey, reference);
        return one(commands.computeDigitalSignature, data);
      }),
    internalAuthenticate: (reference, challenge) =>
      exclusively(async () => {
        await choose(commands.chooseAuthenticationKey, reference);
        return one(commands.internalAuthenticate, challenge);
      }),
  };
}

/** Pads digits, hands the blocks to the work and wipes them after it, also when one of the digits does not fit. */
async function padded<
  const Parts extends readonly (readonly [(digits: Uint8Array) => PinBlock, Uint8Array])[],
>(parts: Parts, work: (...blocks: { [K in keyof Parts]: PinBlock }) => Promise<void>): Promise<void> {
  const blocks: PinBlock[] = [];
  try {
    for (const [pad, digits] of parts) blocks.push(pad(digits));
    await work(...(blocks as { [K in keyof Parts]: PinBlock }));
  } finally {
    wipe(...blocks);
  }
}

/** The one command whose status words 63CX and 6983 are an answer and no failure. */
async function pinStatus(transport: Transport): Promise<PinStatus> {
  try {
    await send(transport, commands.verify, undefined);
    return { verified: true, triesLeft: PIN_TRIES };
  } catch (error) {
    if (!(error instanceof CardError)) throw error;
    if (error.code === 'card/pin-blocked') return { verified: false, triesLeft: 0 };
    if (error.code === 'card/wrong-pin')
      return { verified: false, triesLeft: (error as CardError<'card/wrong-pin'>).details.triesLeft };
    throw error;
  }
}

/** A point that is none of the curve is a fault of the card, like any response that is not the command's. */
function publicKeyOf(command: AnyCommand, curve: Curve, point: Uint8Array): PublicKey {
  try {
    return parsePublicKey(curve, point);
  } catch (cause) {
    throw new CardError(
      'card/malformed-response',
      `response of ${command.name} not read: found ${point.length} bytes that are no point of ${curve}, expected its public key`,
      { command: command.name, length: point.length },
      { cause },
    );
  }
}

function notDeclared(
  reference: number,
  curve: Curve,
  declared: readonly Curve[],
): CardError<'card/algorithm-not-declared'> {
  return new CardError(
    'card/algorithm-not-declared',
    `key ${reference} not generated: found ${curve} asked for, expected one that the card declares: ${declared.join(', ') || 'it declares none'}`,
    { curve, declared },
  );
}

function noSuchKey(reference: number): CardError<'card/no-such-key'> {
  return new CardError(
    'card/no-such-key',
    `public key not read: found no key of reference ${reference} in the key directory, expected one`,
    { reference },
  );
}
