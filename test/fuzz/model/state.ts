// SPDX-License-Identifier: Apache-2.0
import type { AnyCommand } from '../../../protocol/command.ts';
import type { Confirmation } from '../../../protocol/commands/blockchain-sim/get-data.ts';
import type { KeyPolicy } from '../../../protocol/commands/blockchain-sim/key-policy.ts';
import type { KeyRole } from '../../../protocol/commands/blockchain-sim/key-role.ts';
import type { CardCurve } from '../../../protocol/crypto/card-curve.ts';
import type { CardHash } from '../../../protocol/crypto/card-hash.ts';
import type { LifeCycleState } from '../../../protocol/life-cycle.ts';
import type { PinRules } from '../../../protocol/pin-rules.ts';
import type { Scp03KeySet, Scp03Mode } from '../../../protocol/scp03/key-set.ts';
import type { SecureChannelHost } from '../../../protocol/scp03/secure-messaging.ts';
import type { Declared } from '../declared.ts';
import type { KnownTransaction } from '../transactions.ts';
import { emptyLog, type ModelLog } from './log.ts';
import type { Outcome } from './outcome.ts';
import type { ApplicationName, ModelWaiting } from './waiting.ts';

/** How the card of a sequence is made. */
export type CardKind = Partial<Declared> & {
  readonly profile: 't0' | 't1';
  readonly confirmation: Confirmation;
  readonly mode: Scp03Mode;
  readonly challenge: 'pseudo-random' | 'random';
};

/** Who uses keys. */
export type Presence = 'pin' | 'duress-pin' | 'issuer';

/** A key as the model knows it: what it may do, what it did, and what of it was seen. */
export type ModelKey = {
  readonly curve: CardCurve;
  readonly role: KeyRole;
  readonly usage: number;
  readonly policy: KeyPolicy;
  readonly origin: 'generated' | 'imported';
  signatures: bigint;
  spent: bigint;
  /** Public values in hexadecimal, by what they are; shared by all who know the same key. */
  readonly seen: Map<string, string>;
};

/** A key set with what it counts. */
export type ModelKeySet = Scp03KeySet & { counter: number; tries: number };

/** What a card keeps without power. */
export type Durable = {
  lifeCycle: LifeCycleState;
  /** EF.ICCID and EF.IMSI, in hexadecimal. */
  iccid: string;
  imsi: string;
  rules: PinRules;
  /** Blocks in hexadecimal. */
  forbidden: readonly string[];
  pin: string;
  pinTries: number;
  puk: string;
  pukTries: number;
  duress: string | undefined;
  readonly keys: Map<number, ModelKey>;
  /** Public point in hexadecimal, empty while it was not seen; undefined without a key. */
  attestation: string | undefined;
  certificates: string;
  log: ModelLog;
  keySets: ModelKeySet[];
};

/** A choice of MANAGE SECURITY ENVIRONMENT. */
export type Choice = {
  readonly reference: number;
  readonly key: ModelKey;
  readonly presence: Presence;
  readonly path: string;
  readonly hash: CardHash | undefined;
};

/** What a purpose of a choice is. */
export type Purpose = 'signature' | 'authentication' | 'agreement';

/** A command under way in parts. */
export type ModelChain = {
  readonly command: AnyCommand;
  /** Whether its parts come through the secure channel: all of them do, or none. */
  readonly isSecure: boolean;
  readonly parts: Uint8Array[];
  readonly stream: ModelStream | undefined;
};

/** A command that is worked on part by part. Both throw Refusal. */
export type ModelStream = { write(part: Uint8Array, call: Call): void; end(call: Call): Outcome };

/** A logical channel. */
export type ModelChannel = {
  selected: ApplicationName | undefined;
  verified: 'pin' | 'duress-pin' | undefined;
  terminal: boolean;
  readonly chosen: Map<Purpose, Choice>;
  chain: ModelChain | undefined;
};

/** What the one workspace of the card holds. */
export type Work = {
  readonly channel: number;
  readonly kind: 'hashing' | 'digest' | 'reading' | 'gathering' | 'confirmation';
  readonly choice: Choice;
  /** The digest that is kept. */
  readonly digest?: Uint8Array;
  readonly confirmation?: ModelConfirmation;
};

/** A transaction that waits for its holder. */
export type ModelConfirmation = {
  readonly transaction: KnownTransaction;
  readonly spent: bigint;
  stage: 'show' | 'shown' | 'ask' | 'asked' | 'pin' | 'confirmed';
  /** Length of the proactive command that was announced. */
  announced: number;
};

/** A secure channel between INITIALIZE UPDATE and EXTERNAL AUTHENTICATE. */
export type Begun = { readonly channel: number; readonly version: number };

/** The secure channel that is open. */
export type Secure = {
  readonly channel: number;
  readonly level: number;
  readonly dek: Uint8Array;
  readonly host: SecureChannelHost;
  /** The host counted a command that the card never looked at: its MACs are wrong from then on. */
  isAhead: boolean;
};

/** A card as the model knows it. */
export type ModelState = Durable & {
  readonly kind: CardKind;
  readonly channels: (ModelChannel | undefined)[];
  begun: Begun | undefined;
  secure: Secure | undefined;
  work: Work | undefined;
  readonly responses: Record<ApplicationName, ModelWaiting | undefined>;
};

/** A channel on which nothing is selected. */
export const newChannel = (): ModelChannel => ({
  selected: undefined,
  verified: undefined,
  terminal: false,
  chosen: new Map(),
  chain: undefined,
});

/** What a card fresh from the factory keeps. */
export const blank = (lifeCycle: 'installed' | 'selectable', keySets: readonly Scp03KeySet[]): Durable => ({
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
  keys: new Map(),
  attestation: undefined,
  certificates: '',
  log: emptyLog(),
  keySets: keySets.map((set) => ({ ...set, counter: 0, tries: 10 })),
});

/** A copy that changes apart from the original, but for what was seen of keys. */
export const copyOf = (durable: Durable): Durable => ({
  lifeCycle: durable.lifeCycle,
  iccid: durable.iccid,
  imsi: durable.imsi,
  rules: durable.rules,
  forbidden: durable.forbidden,
  pin: durable.pin,
  pinTries: durable.pinTries,
  puk: durable.puk,
  pukTries: durable.pukTries,
  duress: durable.duress,
  keys: new Map([...durable.keys].map(([reference, key]) => [reference, { ...key }])),
  attestation: durable.attestation,
  certificates: durable.certificates,
  log: { ...durable.log, added: durable.log.added.slice() },
  keySets: durable.keySets.map((set) => ({ ...set })),
});

/** One command as a rule of the model sees it. */
export type Call = {
  readonly s: ModelState;
  readonly channel: ModelChannel;
  readonly number: number;
  /** Security level under which it came, 0 for none. */
  readonly level: number;
  /** SW1-SW2 that the card gave, as a whole: 9000 also for what is still to be fetched. */
  readonly given: number;
};

/** A card that was just powered. */
export const powered = (durable: Durable, kind: CardKind): ModelState => ({
  ...durable,
  kind,
  channels: [newChannel(), undefined, undefined, undefined],
  begun: undefined,
  secure: undefined,
  work: undefined,
  responses: { custody: undefined, manager: undefined },
});

/** Loss of power, or reset: transient memory is gone. */
export function restart(s: ModelState): void {
  s.channels.splice(0, 4, newChannel(), undefined, undefined, undefined);
  s.begun = undefined;
  endSecure(s);
  s.work = undefined;
  Object.assign(s.responses, { custody: undefined, manager: undefined });
}

/** Ends the secure channel. */
export function endSecure(s: ModelState): void {
  s.secure = undefined;
}

/** Ends what a channel holds of the card's one workspace. */
export function endWorkOf(s: ModelState, channel: number): void {
  if (s.work?.channel === channel) s.work = undefined;
}

/** Ends every verification of a PIN: the card changes hands. */
export function changeHands(s: ModelState): void {
  for (const channel of s.channels) if (channel !== undefined) channel.verified = undefined;
  s.work = undefined;
}
