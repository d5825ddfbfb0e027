// SPDX-License-Identifier: Apache-2.0
import { decodeCommandApdu, encodeCommandApdu } from '../../protocol/apdu.ts';
import { fromHex, toHex } from '../../protocol/bytes.ts';
import { type AnyCommand, findCommand } from '../../protocol/command.ts';
import { blockchainSimCommands as custody } from '../../protocol/commands/blockchain-sim/index.ts';
import type { Curve } from '../../protocol/crypto/curve.ts';
import { securityLevels } from '../../protocol/scp03/secure-messaging.ts';
import { presenceOf } from './model/context.ts';
import { pointSeen } from './model/keys.ts';
import type { ModelChannel, ModelState } from './model/state.ts';
import type { Rng } from './random.ts';
import {
  agree,
  apduOf,
  cardMakers,
  chooseSigner,
  confirm,
  custodyMakers,
  initializeUpdate,
  type Maker,
  managerMakers,
  onChannel,
  terminalResponse,
} from './requests.ts';
import type { Step, Tampering } from './steps.ts';
import { knownTransactions } from './transactions.ts';

/** Which kinds of work a sequence is about; what costs much is in few of them. */
export type Theme = {
  readonly signs: boolean;
  readonly administers: boolean;
  readonly wallets: boolean;
};

const table = (rows: readonly (readonly [number, Maker])[]): ((rng: Rng) => Maker) => {
  const total = rows.reduce((sum, [weight]) => sum + weight, 0);
  return (rng) => {
    let at = (rng.next() / 0x1_0000_0000) * total;
    for (const [weight, maker] of rows) {
      at -= weight;
      if (at < 0) return maker;
    }
    return (rows[0] as readonly [number, Maker])[1];
  };
};
const pickCustody = table(custodyMakers);
const pickManager = table(managerMakers);
const pickCard = table(cardMakers);
const SELECT_CUSTODY = '00a4040007f04253494d010000';
/** What {@link findCommand} finds, by header. */
const found = new Map<number, AnyCommand | undefined>();
const commandOf = (apdu: Uint8Array): AnyCommand | undefined => {
  const [cla = 0, ins = 0, p1 = 0, p2 = 0] = apdu;
  const key = (cla << 24) | (ins << 16) | (p1 << 8) | p2;
  if (!found.has(key) && found.size < 10_000) found.set(key, findCommand(custody, apdu));
  return found.has(key) ? found.get(key) : findCommand(custody, apdu);
};

const dear = (apdu: Uint8Array, s: ModelState): 'signs' | 'wallets' | undefined => {
  const command = commandOf(apdu);
  const isSigning =
    command === custody.computeDigitalSignature ||
    command === custody.internalAuthenticate ||
    command === custody.attest ||
    command === custody.generalAuthenticate ||
    command === custody.generateKeyPair ||
    command === custody.generateAttestationKey ||
    command === custody.importKey;
  if (isSigning) return 'signs';
  const isChoice =
    command === custody.chooseSignatureKey ||
    command === custody.chooseAuthenticationKey ||
    command === custody.readPublicKey ||
    command === custody.readExtendedPublicKey;
  if (!isChoice) return undefined;
  const reference = apdu[apdu.indexOf(0x84) + 2] ?? 0;
  return s.keys.get(reference)?.role === 'wallet' ? 'wallets' : undefined;
};

/** The next steps of a sequence, from what the model knows of the card. */
export function nextSteps(rng: Rng, s: ModelState, theme: Theme): readonly Step[] {
  const number = someChannel(rng, s);
  const channel = s.channels[number];
  const fetch = rng.chance(93);
  if (rng.chance(2)) return [{ do: rng.pick(['reset', 'power off', 'open again'] as const) }];
  if (rng.chance(1)) return [send(rng.bytes(rng.below(40)), fetch)];
  if (channel?.selected === undefined && rng.chance(80))
    return [
      send(onChannel(fromHex(rng.chance(85) ? SELECT_CUSTODY : toHex(pickCard(rng)(rng, s))), number), fetch),
    ];
  if (rng.chance(5)) return [plainOrMutated(rng, onChannel(pickCard(rng)(rng, s), number), fetch)];
  if (theme.administers && s.secure === undefined && rng.chance(30)) return openSecure(rng, s, number);
  const guided = channel === undefined ? undefined : guidedSteps(rng, s, channel, number, theme);
  if (guided !== undefined) return guided;
  return command(rng, s, number, theme, fetch);
}

function someChannel(rng: Rng, s: ModelState): number {
  if (rng.chance(85)) return s.secure?.channel ?? 0;
  return rng.chance(90) ? rng.pick([0, 1, 2, 3].filter((i) => s.channels[i] !== undefined)) : rng.below(4);
}

/** INITIALIZE UPDATE and EXTERNAL AUTHENTICATE; now and then something between, or wrong. */
function openSecure(rng: Rng, s: ModelState, channel: number): readonly Step[] {
  const begin = send(onChannel(initializeUpdate(rng, s), channel), rng.chance(98));
  const level = rng.chance(60) ? 0x33 : rng.pick(securityLevels);
  const tamper = rng.chance(6) ? { tamper: tampering(rng) } : {};
  const between = rng.chance(2) ? [send(fromHex('00caff2000'), true)] : [];
  return [begin, ...between, { do: 'authenticate', channel, level, ...tamper }];
}

/** Steps that bring further what is under way. */
function guidedSteps(
  rng: Rng,
  s: ModelState,
  channel: ModelChannel,
  number: number,
  theme: Theme,
): readonly Step[] | undefined {
  if (channel.selected !== 'custody') return undefined;
  const confirmation = s.work?.channel === number ? s.work.confirmation : undefined;
  const go = (apdu: Uint8Array): readonly Step[] => [protect(rng, s, onChannel(apdu, number), true)];
  if (confirmation !== undefined && rng.chance(88)) {
    switch (confirmation.stage) {
      case 'show':
      case 'ask':
        return go(apduOf(custody.fetch, undefined));
      case 'shown':
      case 'asked':
        return go(terminalResponse(rng, confirmation.stage === 'shown'));
      case 'pin':
        return go(confirm(rng, s));
      case 'confirmed':
        return go(apduOf(custody.computeDigitalSignature, new Uint8Array(0)));
    }
  }
  if (s.lifeCycle === 'blocked' && s.secure?.channel === number && rng.chance(40))
    return go(apduOf(custody.activate, undefined));
  const isAway =
    s.lifeCycle === 'personalised' && presenceOf({ s, channel, number, level: 0, given: 0 }) === undefined;
  if (isAway && s.pinTries > 0 && s.pin !== '' && rng.chance(25))
    return go(apduOf(custody.verify, fromHex(rng.chance(80) ? s.pin : (s.duress ?? s.pin))));
  if (!theme.signs || isAway) return undefined;
  return signingSteps(rng, s, channel, number, go);
}

/** Steps that use the keys that are chosen. */
function signingSteps(
  rng: Rng,
  s: ModelState,
  channel: ModelChannel,
  number: number,
  go: (apdu: Uint8Array) => readonly Step[],
): readonly Step[] | undefined {
  const choice = channel.chosen.get('signature');
  const agreement = channel.chosen.get('agreement');
  if (choice === undefined) return rng.chance(40) ? go(chooseSigner(rng, s)) : undefined;
  // The key that is chosen goes, or becomes another one.
  if (rng.chance(2)) return go(apduOf(custody.deleteKey, { reference: choice.reference }));
  if (!s.keys.has(choice.reference) && rng.chance(30))
    return go(apduOf(custody.generateKeyPair, { reference: choice.reference, curve: 'P-256' }));
  if (agreement !== undefined && rng.chance(15)) return go(agree(rng, agreement.key.curve));
  if (channel.chosen.has('authentication') && rng.chance(10))
    return go(apduOf(custody.internalAuthenticate, new Uint8Array(16).fill(0x29)));
  if (s.work?.kind === 'digest' && rng.chance(50))
    return go(apduOf(custody.computeDigitalSignature, new Uint8Array(0)));
  return rng.chance(35) ? transaction(rng, s, channel, number) : undefined;
}

/** A transaction of the chosen key, whole or in parts, some of them changed. */
function transaction(
  rng: Rng,
  s: ModelState,
  channel: ModelChannel,
  number: number,
): readonly Step[] | undefined {
  const choice = channel.chosen.get('signature');
  const point = choice && pointSeen(choice.key, choice.path, choice.presence);
  if (choice === undefined || point === undefined) return undefined;
  const { curve } = choice.key;
  if (curve !== 'P-256' && curve !== 'secp256k1' && curve !== 'Ed25519') return undefined;
  const known = rng.pick(knownTransactions(curve as Curve, point));
  const bytes = rng.chance(88) ? known.bytes : changed(rng, known.bytes);
  // As a message it is refused.
  const command = rng.chance(92) ? custody.signTransaction : custody.hash;
  const profile =
    s.kind.confirmation === 'terminal' && !channel.terminal && rng.chance(70)
      ? [protect(rng, s, onChannel(apduOf(custody.terminalProfile, fromHex('ffffff')), number), true)]
      : [];
  const parts = split(rng, encodeCommandApdu({ ...command, data: bytes, le: 256 }));
  return [...profile, ...parts.map((part) => protect(rng, s, onChannel(part, number), true))];
}

/** One command of the selected application. */
function command(rng: Rng, s: ModelState, number: number, theme: Theme, fetch: boolean): readonly Step[] {
  const isManager = s.channels[number]?.selected === 'manager';
  let apdu = (isManager ? pickManager : pickCustody)(rng)(rng, s);
  for (let i = 0; i < 4; i++) {
    const cost = isManager ? undefined : dear(apdu, s);
    if (cost === undefined || theme[cost]) break;
    apdu = pickCustody(rng)(rng, s);
  }
  const isChained = commandOf(apdu)?.chaining !== undefined;
  const parts = isChained && rng.chance(30) ? split(rng, apdu) : [apdu];
  const steps = parts.map((part) => protect(rng, s, onChannel(part, number), fetch));
  // Something comes between the parts.
  if (steps.length > 1 && rng.chance(8))
    steps.splice(1, 0, send(onChannel(pickCard(rng)(rng, s), rng.below(4)), true));
  return steps;
}

/** Through the secure channel where one is open, in most cases; mutated now and then. */
function protect(rng: Rng, s: ModelState, apdu: Uint8Array, fetch: boolean): Step {
  if (s.secure === undefined && rng.chance(98)) return plainOrMutated(rng, apdu, fetch);
  if (s.secure !== undefined && rng.chance(25)) return plainOrMutated(rng, apdu, fetch);
  const plain = rng.chance(92) ? apdu : changed(rng, apdu);
  const tamper = rng.chance(3) ? { tamper: tampering(rng) } : {};
  return { do: 'secure', apdu: toHex(plain), fetch, ...tamper };
}

const plainOrMutated = (rng: Rng, apdu: Uint8Array, fetch: boolean): Step =>
  send(rng.chance(90) ? apdu : changed(rng, apdu), fetch);

const send = (apdu: Uint8Array, fetch: boolean): Step => ({ do: 'send', apdu: toHex(apdu), fetch });

const tampering = (rng: Rng): Tampering =>
  rng.chance(15) ? 'replay' : { at: rng.below(64), xor: 1 << rng.below(8) };

/** Bytes with one thing changed: a byte, their number, the class, the lengths, P1-P2. */
function changed(rng: Rng, bytes: Uint8Array): Uint8Array {
  const list = [...bytes];
  const at = rng.below(Math.max(1, list.length));
  switch (rng.below(9)) {
    case 0:
      list[at] = (list[at] ?? 0) ^ (1 << rng.below(8));
      break;
    case 1:
      list[at] = rng.below(256);
      break;
    case 2:
      list.splice(at, 1);
      break;
    case 3:
      list.splice(at, 0, rng.below(256));
      break;
    case 4:
      list[0] = (list[0] ?? 0) ^ rng.pick([0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80]);
      break;
    case 5:
      list.length = at;
      break;
    case 6:
      list[4] = rng.pick([0, 1, 0x7f, 0x80, 0xff, (list[4] ?? 0) + 1]) & 0xff;
      break;
    case 7:
      list[2 + rng.below(2)] = rng.below(256);
      break;
    default:
      return rebuilt(rng, bytes);
  }
  return Uint8Array.from(list);
}

/** The command with other data or another Le, whose length fields are right. */
function rebuilt(rng: Rng, bytes: Uint8Array): Uint8Array {
  try {
    const { le, data, ...command } = decodeCommandApdu(bytes);
    const list = [...data];
    const at = rng.below(Math.max(1, list.length));
    if (rng.chance(40)) list[at] = rng.pick([0, 1, 0x80, 0xff, rng.below(256)]);
    else if (rng.chance(50)) list.length = at;
    else list.push(...rng.bytes(1 + rng.below(rng.chance(90) ? 20 : 5000)));
    const nextLe = rng.chance(70) ? le : rng.pick([undefined, 1, 16, 64, 255, 256, 65_536]);
    const rest = nextLe === undefined ? {} : { le: nextLe };
    return encodeCommandApdu({ ...command, data: Uint8Array.from(list), ...rest });
  } catch {
    return bytes;
  }
}

/** A command in 2 to 4 parts of any length. */
function split(rng: Rng, apdu: Uint8Array): readonly Uint8Array[] {
  const { data, le, ...command } = decodeCommandApdu(apdu);
  const cuts = Array.from({ length: rng.below(4) }, () => rng.below(data.length + 1)).sort((a, b) => a - b);
  return [...cuts, data.length].map((to, i) => {
    const isLast = i === cuts.length;
    return encodeCommandApdu({
      ...command,
      cla: command.cla | (isLast ? 0 : 0x10),
      data: data.slice(cuts[i - 1] ?? 0, to),
      ...(isLast && le !== undefined ? { le } : {}),
    });
  });
}
