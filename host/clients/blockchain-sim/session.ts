// SPDX-License-Identifier: Apache-2.0
import type { AnyCommand, Command, RequestOf, ResponseOf } from '../../../protocol/command.ts';
import { blockchainSimCommands as commands } from '../../../protocol/commands/blockchain-sim/index.ts';
import { cardCommands } from '../../../protocol/commands/card/index.ts';
import type { CardCurve } from '../../../protocol/crypto/card-curve.ts';
import type { CardHash } from '../../../protocol/crypto/card-hash.ts';
import { aidBytes, BLOCKCHAIN_SIM_AID } from '../../../protocol/identifiers/aid.ts';
import type { Transport } from '../../../protocol/transport.ts';
import { CardError, type CardErrorCode } from '../../errors.ts';
import { inTurn } from '../../in-turn.ts';
import type { TerminalTransport } from '../../layers/proactive.ts';
import type { SecureTransport } from '../../layers/secure-channel.ts';
import { send } from '../../send.ts';

/** What the application is and can. */
export type ApplicationInformation = ResponseOf<typeof commands.getApplicationInformation>;

/** A derived key of a wallet: 32 bits a level, 2^31 added where hardened; 1 to 10 levels. */
export type Path = readonly number[];

/** A command that chooses a key. */
export type Choice = 'chooseSignatureKey' | 'chooseAuthenticationKey' | 'chooseAgreementKey';

/** What is chosen: a key, one derived from it, and for signatures a hash. */
export type Chosen = {
  readonly reference: number;
  readonly path?: Path | undefined;
  readonly hash?: CardHash | undefined;
};

/** The layers of an opened client; the uppermost one is what commands go through. */
export type Layers = {
  readonly top: Transport;
  readonly secure: SecureTransport;
  readonly terminal?: TerminalTransport;
};

/** What the parts of the client share: the way to the card, whose turn it is, and what is known of the card. */
export type Session = Layers & {
  /** Runs work when all before it is done. Work must not wait for other work. */
  exclusively<Result>(work: () => Promise<Result>): Promise<Result>;
  /** One command; for use within {@link Session.exclusively}. */
  one<Request, Response>(command: Command<Request, Response>, request: Request): Promise<Response>;
  /** One command in its turn. */
  run<C extends AnyCommand>(command: C, request: RequestOf<C>): Promise<ResponseOf<C>>;
  /** SELECT; for use within {@link Session.exclusively}. */
  select(): Promise<void>;
  /** Forgets all that the card told or confirmed: what went by outside of a secure channel is not believed inside. */
  forget(): void;
  /** Chooses a key unless it is chosen. */
  choose(command: Choice, what: Chosen): Promise<void>;
  /** The key that is chosen, as far as it is known. */
  chosen(command: Choice): Chosen | undefined;
  /** What the card declared when it was asked last; asked for once. */
  information(): Promise<ApplicationInformation>;
  /** Keeps fresh information. */
  informed(information: ApplicationInformation): ApplicationInformation;
  /** The curve of a key, from what went by before or from the key directory. Throws `card/no-such-key`. */
  curveOf(reference: number): Promise<CardCurve>;
  /** Keeps the curve of a key; without one, forgets what is known of the slot. */
  learn(reference: number, curve?: CardCurve): void;
};

/** Commands after which the card has no key chosen any more. */
const endsChoices: ReadonlySet<unknown> = new Set([
  commands.verify,
  commands.changeReferenceData,
  commands.resetRetryCounter,
]);

/** A session of the key-custody application, before its first SELECT. */
export function openSession(layers: Layers): Session {
  const { top } = layers;
  const choices = new Map<Choice, Chosen>();
  const curves = new Map<number, CardCurve>();
  let known: ApplicationInformation | undefined;
  const forget = (): void => {
    choices.clear();
    curves.clear();
    known = undefined;
  };
  /** How the card that was selected went away. */
  let away: CardError | undefined;
  // After an error nothing is known of the card's session any more; what the card declares stays as it is.
  const exclusively = inTurn((error) => {
    choices.clear();
    curves.clear();
    if (error instanceof CardError && departures.includes(error.code)) away = error;
  });
  const one: Session['one'] = async (command, request) => {
    // Outside, or after the channel was lost, a 9000 would not be the card's.
    const isPlain = layers.secure.securityLevel() === undefined;
    if (isPlain && command.access.startsWith('administrator')) throw administratorRequired(command);
    // In its place there may be any card, with any application selected.
    if (away !== undefined && command.secret === 'data') throw away;
    const response = await send(top, command, request);
    if (endsChoices.has(command)) choices.clear();
    return response;
  };

  return {
    ...layers,
    exclusively,
    one,
    run: (command, request) => exclusively(() => one(command, request)),
    forget,
    select: async () => {
      forget();
      await one(cardCommands.select, aidBytes(BLOCKCHAIN_SIM_AID));
      away = undefined;
    },
    choose: async (command, what) => {
      if (isSame(choices.get(command), what)) return;
      const { reference, path, hash } = what;
      choices.delete(command);
      if (command === 'chooseAgreementKey') await one(commands.chooseAgreementKey, { reference });
      else if (command === 'chooseAuthenticationKey')
        await one(commands.chooseAuthenticationKey, { reference, path });
      else await one(commands.chooseSignatureKey, { reference, path, hash });
      choices.set(command, what);
    },
    chosen: (command) => choices.get(command),
    information: async () => {
      known ??= await one(commands.getApplicationInformation, undefined);
      return known;
    },
    informed: (information) => {
      known = information;
      return information;
    },
    curveOf: async (reference) => {
      if (!curves.has(reference))
        for (const key of await one(commands.getKeyDirectory, undefined))
          curves.set(key.reference, key.curve);
      const curve = curves.get(reference);
      if (curve === undefined) throw noSuchKey(reference);
      return curve;
    },
    learn: (reference, curve) => {
      // A choice is of the key that was there, and gone with it.
      for (const [command, what] of choices) if (what.reference === reference) choices.delete(command);
      if (curve === undefined) curves.delete(reference);
      else curves.set(reference, curve);
    },
  };
}

/** After these another card may be in the reader. */
const departures: readonly CardErrorCode[] = ['card/removed', 'card/reset', 'card/transport-failed'];

const isSame = (a: Chosen | undefined, b: Chosen): boolean =>
  a !== undefined && a.reference === b.reference && a.hash === b.hash && a.path?.join() === b.path?.join();

/** The error of a command of the administrator that is not sent, since no secure channel is open. */
export function administratorRequired({ name }: AnyCommand): CardError<'card/administrator-required'> {
  const reason = 'no secure channel open';
  return new CardError('card/administrator-required', `${name} not sent: found ${reason}, expected one`, {
    command: name,
    reason,
  });
}

const noSuchKey = (reference: number): CardError<'card/no-such-key'> =>
  new CardError(
    'card/no-such-key',
    `public key not read: found no key of reference ${reference} in the key directory, expected one`,
    { reference },
  );
