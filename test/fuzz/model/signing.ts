// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { concat, equalBytes, fromHex, utf8 } from '../../../protocol/bytes.ts';
import type { RequestOf } from '../../../protocol/command.ts';
import type { blockchainSimCommands } from '../../../protocol/commands/blockchain-sim/index.ts';
import type { CardCurve } from '../../../protocol/crypto/card-curve.ts';
import { type CardHash, cardHashNames } from '../../../protocol/crypto/card-hash.ts';
import type { Curve } from '../../../protocol/crypto/curve.ts';
import type { LogEvent } from '../../../protocol/security-log.ts';
import { SW } from '../../../protocol/status-word.ts';
import { byteString, protectedHeader } from '../../applet-sim/support/transaction-feed.ts';
import { type KnownTransaction, knownTransactions } from '../transactions.ts';
import { type Call, presenceOf, type Rule, requirePresence } from './context.ts';
import { keyAt, pointSeen, requirePath } from './keys.ts';
import { digestOf, holdSignature } from './known-keys.ts';
import { record } from './log.ts';
import { done, find, hold, type Outcome, refuse } from './outcome.ts';
import { spentAfter } from './spending.ts';
import { type Choice, endWorkOf, type ModelStream, type Purpose, type Work } from './state.ts';
import { readUnknown } from './unknown-transaction.ts';

type Commands = typeof blockchainSimCommands;

const FLAG = { digests: 0x01, messages: 0x02, transactions: 0x04, pinPerSignature: 0x08, confirmation: 0x10 };
const transactionCurves: readonly CardCurve[] = ['P-256', 'secp256k1', 'Ed25519'];
const has = ({ key }: Choice, flag: number): boolean => (key.policy.flags & flag) !== 0;

const beginnings = new Map(
  (['P-256', 'secp256k1', 'Ed25519'] as const).map((curve) => [
    curve as CardCurve,
    concat(fromHex('846a5369676e617475726531'), byteString(protectedHeader(curve)), Uint8Array.of(0x40)),
  ]),
);
const beginsWith = (bytes: Uint8Array, beginning: Uint8Array): boolean =>
  bytes.length >= beginning.length && equalBytes(bytes.subarray(0, beginning.length), beginning);

/** Whether the bytes begin as a transaction of a key on the curve. */
const beginsTransaction = (curve: CardCurve, bytes: Uint8Array): boolean => {
  const beginning = beginnings.get(curve);
  return beginning !== undefined && beginsWith(bytes, beginning);
};

const defaultHash = (curve: CardCurve): CardHash | undefined =>
  curve === 'Ed25519' ? undefined : curve === 'SM2' ? 'SM3' : 'SHA-256';

function choose(
  purpose: Purpose,
  usages: number,
  request: { reference: number; path?: readonly number[] | undefined; hash?: CardHash | undefined },
  call: Call,
): Outcome {
  const { reference, path, hash } = request;
  const { channel } = call;
  const key = keyAt(reference, call);
  if ((key.usage & usages) === 0) refuse(SW.wrongState);
  const presence = requirePresence(call);
  const isKnown = hash === undefined || (call.s.kind.hashes ?? cardHashNames).includes(hash);
  const fits =
    hash === undefined || (isKnown && (key.curve === 'SM2' ? hash === 'SM3' : key.curve !== 'Ed25519'));
  if (!fits) refuse(SW.badData);
  const at = requirePath(key, path);
  channel.chosen.set(purpose, { reference, key, presence, path: at, hash: hash ?? defaultHash(key.curve) });
  return done;
}

const chooseSignatureKey: Rule<RequestOf<Commands['chooseSignatureKey']>> = (request, call) => {
  endWorkOf(call.s, call.number);
  return choose('signature', 0x01, request, call);
};

/** The choice that counts, 6985 without: the key is the one that was chosen, and so is who uses it. */
export function chosen(purpose: Purpose, call: Call): Choice {
  const choice = call.channel.chosen.get(purpose);
  if (choice === undefined) return refuse(SW.wrongState);
  const isGood = call.s.keys.get(choice.reference) === choice.key && presenceOf(call) === choice.presence;
  return isGood ? choice : refuse(SW.wrongState);
}

/** Between the parts of a chain other channels go on, and may take the key away. */
function requireStillChosen(choice: Choice, call: Call): void {
  if (chosen('signature', call) !== choice) refuse(SW.wrongState);
}

type Signed = { readonly event: LogEvent; readonly hash: Uint8Array; readonly signed: Uint8Array };

/** A signature: counted, logged, and right. */
function signature(choice: Choice, { event, hash, signed }: Signed, call: Call): Outcome {
  const { key, reference, path, presence } = choice;
  key.signatures++;
  // A wallet's hash would lead from the log to its payments.
  record(call.s.log, event, key.role === 'wallet' ? { reference } : { reference, hash });
  if (has(choice, FLAG.pinPerSignature)) call.channel.verified = undefined;
  return {
    length: 64,
    check: (data) => {
      const point = pointSeen(key, path, presence);
      if (point !== undefined) holdSignature(key.curve, point, choice.hash, signed, data);
    },
  };
}

const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(bytes).digest());

const smPoint = ({ key, path, presence }: Choice): string | undefined =>
  key.curve === 'SM2' ? pointSeen(key, path, presence) : undefined;

function hash(call: Call): ModelStream {
  const choice = chosen('signature', call);
  const { hash: name } = choice;
  if (name === undefined || !has(choice, FLAG.messages)) return refuse(SW.wrongState);
  const own: Work = { channel: call.number, kind: 'hashing', choice };
  call.s.work = own;
  let message: Uint8Array = new Uint8Array(0);
  const requireOwn = (): void => {
    if (call.s.work !== own) refuse(SW.wrongState);
  };
  return {
    write: (part) => {
      requireOwn();
      message = concat(message, part);
      if (beginsTransaction(choice.key.curve, message)) refuse(SW.wrongState);
    },
    end: () => {
      requireOwn();
      call.s.work = {
        channel: call.number,
        kind: 'digest',
        choice,
        digest: digestOf(name, message, smPoint(choice)),
      };
      return done;
    },
  };
}

function computeDigitalSignature(call: Call): ModelStream {
  const choice = chosen('signature', call);
  const most = choice.hash === undefined ? 4096 : 64;
  const own: Work = { channel: call.number, kind: 'gathering', choice };
  let message: Uint8Array = new Uint8Array(0);
  return {
    write: (part, { s }) => {
      if (message.length + part.length > most) refuse(SW.wrongLength);
      if (part.length === 0) return;
      if (message.length === 0) s.work = own;
      if (s.work !== own) refuse(SW.wrongState);
      message = concat(message, part);
    },
    end: (last) => {
      if (message.length > 0 && last.s.work !== own) refuse(SW.wrongState);
      requireStillChosen(choice, last);
      const waiting = last.s.work;
      endWorkOf(last.s, last.number);
      return message.length > 0 ? signData(choice, message, last) : signWaiting(choice, waiting, last);
    },
  };
}

function signData(choice: Choice, data: Uint8Array, call: Call): Outcome {
  if (choice.hash === undefined) return signMessage(choice, data, call);
  const isDigest = data.length === (choice.hash === 'SHA-512' ? 64 : 32);
  if (!has(choice, FLAG.digests)) return isDigest ? refuse(SW.wrongState) : refuse(SW.wrongState, SW.badData);
  if (!isDigest) refuse(SW.badData);
  return signature(choice, { event: 'digest-signed', hash: data, signed: data }, call);
}

function signMessage(choice: Choice, message: Uint8Array, call: Call): Outcome {
  if (!has(choice, FLAG.messages) || beginsTransaction('Ed25519', message)) refuse(SW.wrongState);
  return signature(choice, { event: 'message-signed', hash: sha256(message), signed: message }, call);
}

function signWaiting(choice: Choice, waiting: Work | undefined, call: Call): Outcome {
  const own = waiting?.choice === choice ? waiting : undefined;
  const { confirmation, digest } = own ?? {};
  if (confirmation?.stage === 'confirmed')
    return signTransactionNow(choice, confirmation.transaction, confirmation.spent, call);
  if (digest !== undefined)
    return signature(choice, { event: 'message-signed', hash: digest, signed: digest }, call);
  return refuse(SW.wrongState);
}

function signTransactionNow(
  choice: Choice,
  { bytes, hash }: KnownTransaction,
  spent: bigint,
  call: Call,
): Outcome {
  const { key } = choice;
  const most = key.policy.limit?.cumulative;
  hold(most === undefined || spent <= most, `spent: found ${spent}, expected at most ${most}`);
  hold(spent >= key.spent, `spent: found ${spent}, expected no less than ${key.spent}`);
  key.spent = spent;
  const signed = key.curve === 'Ed25519' ? bytes : hash;
  // What OpenSSL verifies is the message.
  digestOf('SHA-256', bytes);
  return signature(
    { ...choice, hash: choice.hash && 'SHA-256' },
    { event: 'transaction-signed', hash, signed },
    call,
  );
}

function signTransaction(call: Call): ModelStream {
  const choice = chosen('signature', call);
  const { curve } = choice.key;
  if (!transactionCurves.includes(curve) || !has(choice, FLAG.transactions)) refuse(SW.wrongState);
  const point = pointSeen(choice.key, choice.path, choice.presence);
  const own: Work = { channel: call.number, kind: 'reading', choice };
  call.s.work = own;
  let bytes: Uint8Array = new Uint8Array(0);
  const requireOwn = (): void => {
    if (call.s.work !== own) refuse(SW.wrongState);
  };
  const known = (test: (bytes: Uint8Array) => boolean): KnownTransaction | undefined =>
    point === undefined
      ? undefined
      : knownTransactions(curve as Curve, point).find((each) => test(each.bytes));
  return {
    write: (part, { given }) => {
      requireOwn();
      if (bytes.length + part.length > 4096) refuse(SW.wrongLength);
      bytes = concat(bytes, part);
      // What the grammar did not make may be no transaction from any of its bytes on.
      if (given === SW.badData && known((each) => beginsWith(each, bytes)) === undefined) refuse(given);
    },
    end: (last) => {
      requireOwn();
      requireStillChosen(choice, last);
      const { s, given, channel } = last;
      let transaction = known((each) => equalBytes(each, bytes));
      if (transaction === undefined) {
        if (given === SW.badData || given === SW.wrongState) return refuse(given);
        transaction =
          readUnknown(bytes, curve as Curve) ?? find('transaction signed that the chain does not read');
        hold(point === undefined || transaction.point === point, 'transaction signed that names another key');
      }
      const spent = spentAfter(choice.key, transaction);
      s.work = undefined;
      if (!has(choice, FLAG.confirmation)) return signTransactionNow(choice, transaction, spent, last);
      // No display would show more than one whole.
      if (transaction.names.length > 1) return refuse(SW.wrongState);
      const isTerminal = s.kind.confirmation === 'terminal';
      if (isTerminal && !channel.terminal) return refuse(SW.wrongState);
      const confirmation = {
        transaction,
        spent,
        stage: isTerminal ? 'show' : 'pin',
        announced: given & 0xff,
      } as const;
      s.work = { channel: last.number, kind: 'confirmation', choice, confirmation: { ...confirmation } };
      return isTerminal ? { ...done, sw: 0x9100 } : done;
    },
  };
}

const internalAuthenticate: Rule<Uint8Array> = (challenge, call) => {
  const choice = chosen('authentication', call);
  const message = concat(utf8('bsim/internal-authenticate/1'), Uint8Array.of(0), challenge);
  const signed = choice.hash === undefined ? message : digestOf(choice.hash, message, smPoint(choice));
  return signature(choice, { event: 'authentication-signed', hash: sha256(message), signed }, call);
};

/** Rules of the commands that choose keys and sign. */
export const signingRules = {
  chooseSignatureKey,
  chooseAuthenticationKey: ((request, call) => choose('authentication', 0x02, request, call)) as Rule<
    RequestOf<Commands['chooseAuthenticationKey']>
  >,
  chooseAgreementKey: ((request, call) => choose('agreement', 0x0c, request, call)) as Rule<
    RequestOf<Commands['chooseAgreementKey']>
  >,
  internalAuthenticate,
};

/** Rules of the commands that come in parts. */
export const streamRules = { hash, computeDigitalSignature, signTransaction };
