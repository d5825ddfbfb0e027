// SPDX-License-Identifier: Apache-2.0
import { expect } from 'vitest';
import { decodeCommandApdu } from '../../protocol/apdu.ts';
import { concat, fromHex, toUpperHex } from '../../protocol/bytes.ts';
import {
  type AnyCommand,
  CLA_CHANNEL,
  CLA_SECURE_MESSAGING,
  commonStatusWords,
  findCommand,
} from '../../protocol/command.ts';
import { catalogue } from '../../protocol/commands/index.ts';
import {
  type AttestationRule,
  type ChannelRule,
  isPlayed,
  type KeyRule,
  type Requirement,
  type SendStep,
  type SignatureRule,
  type Step,
  states,
} from './apdu-fixtures.ts';
import { attestationFault } from './independent-attestation.ts';
import { keccakSignatureFault } from './independent-ecdsa.ts';
import { type KnownKey, signatureFault } from './independent-signature.ts';
import { type HostChannel, openHostChannel, staticKeys } from './scp03-host.ts';

/** A card that is blank when it is connected, whatever it is made of. */
export type ConnectedCard = {
  /** Sends one C-APDU and gives the R-APDU as it comes, 61XX and 6CXX included. */
  exchange(apdu: Uint8Array): Promise<Uint8Array>;
  /** Resets the card; no application is selected then. */
  reset(): Promise<void>;
  close(): Promise<void>;
};

/** Every command of every application, by its key in the catalogue. */
export const everyCommand: Readonly<Record<string, AnyCommand>> = Object.assign(
  {},
  ...Object.values(catalogue),
);

/** One card and what the steps so far learnt of it. */
export type CardSession = {
  readonly card: ConnectedCard;
  /** Plays one step; a card that answers otherwise fails the test. */
  play(step: Step): Promise<void>;
  /** Brings a blank card into a state of fixtures/apdu/states. */
  bring(state: string): Promise<void>;
  /** Plays a command in hexadecimal text. */
  run(send: string, sw: string, data?: string): Promise<void>;
  /** Plays a command through the secure channel. */
  runSecure(send: string, sw: string, data?: string): Promise<void>;
  /** The command as it would be sent through the secure channel; the channel counts it as sent. */
  wrapped(send: string): Uint8Array;
};

/** Declares a test that gets a blank card, which is or has what is required, and is closed after it. */
export type Rule = (
  title: string,
  work: (session: CardSession) => Promise<void>,
  requires?: readonly Requirement[],
) => void;

/** Bounds of the loops over a card's answers. */
const PARTS_MAX = 300;

/** Plays steps on a card. `requires` is what the card was asked to be, `lacks` what it has not. */
export function openCardSession(
  card: ConnectedCard,
  requires: readonly Requirement[] = [],
  lacks: readonly Requirement[] = [],
): CardSession {
  const keys = new Map<string, KnownKey>();
  const seen = new Map<string, Set<string>>();
  let channel: HostChannel | undefined;

  const known = (name: string): KnownKey => {
    const key = keys.get(name);
    expect(key, `no step made ${name}`).toBeDefined();
    return key as KnownKey;
  };
  /** The text with coordinates and signs of keys, `<name:x>`, in place of their names. */
  const filledIn = (text: string): string =>
    text.replaceAll(/<([^:>]+):(x|y|sign)>/g, (_, name: string, part: keyof typeof keyParts) =>
      toUpperHex(keyParts[part](known(name))),
    );
  const openChannel = async (rule: ChannelRule): Promise<void> => {
    channel = await openHostChannel((apdu) => complete(card, apdu), {
      keys: staticKeys(rule.keys),
      level: Number.parseInt(rule.level, 16),
      kvn: Number.parseInt(rule.kvn ?? '30', 16),
      channel: rule.channel ?? 0,
      size: requires.includes('S16') ? 16 : 8,
    });
  };
  const wrap = (apdu: Uint8Array): Uint8Array => {
    expect(channel, 'a secure channel for what is sent through it').toBeDefined();
    return (channel as HostChannel).wrap(decodeCommandApdu(apdu));
  };
  const send = async (step: SendStep): Promise<void> => {
    const plain = fromHex(filledIn(step.send));
    const apdu = step.secure === true ? wrap(plain) : plain;
    const answer = await complete(card, apdu);
    const opened = step.secure === true ? (channel as HostChannel).unwrap(answer) : answer;
    const sw = toUpperHex(opened.subarray(-2));
    const data = opened.subarray(0, -2);
    expect(`${sw} to ${step.send}`).toBe(`${step.sw} to ${step.send}`);
    expect(isListed(apdu, sw), `${sw} is not in the catalogue for ${step.send}`).toBe(true);
    if (step.data !== undefined)
      expect(toUpperHex(data), `answer to ${step.send}`).toMatch(patternOf(step.data));
    else if (sw !== '9000') expect(toUpperHex(data)).toBe('');
    if (step.fresh !== undefined) expectFresh(step.fresh, toUpperHex(data));
    if (step.key !== undefined) learnKey(step.key, data);
    if (step.signature !== undefined) expectSignature(step.signature, data);
    if (step.attestation !== undefined) expectAttestation(step.attestation, data);
  };
  const expectFresh = (name: string, value: string): void => {
    const values = seen.get(name) ?? new Set();
    expect(values.has(value), `${name} was given before`).toBe(false);
    seen.set(name, values.add(value));
  };
  const learnKey = ({ name, curve, same }: KeyRule, data: Uint8Array): void => {
    const key: KnownKey = { curve, point: data.slice(curve === 'Ed25519' ? -32 : -65) };
    if (same === true) expect(toUpperHex(key.point)).toBe(toUpperHex(known(name).point));
    else keys.set(name, key);
  };
  const expectSignature = ({ key, message, hash }: SignatureRule, signature: Uint8Array): void => {
    const text = fromHex(filledIn(message));
    const fault =
      hash === 'Keccak-256'
        ? keccakSignatureFault(known(key), text, signature)
        : signatureFault(known(key), text, signature, opensslHashes[hash ?? 'SHA-256']);
    expect(fault, `signature by ${key}`).toBeUndefined();
  };
  const expectAttestation = (rule: AttestationRule, data: Uint8Array): void => {
    const challenge = fromHex(rule.challenge);
    const fault = attestationFault(data, {
      key: known(rule.key),
      challenge,
      signer: known(rule.attestationKey),
    });
    expect(fault, `attestation of ${rule.key}`).toBeUndefined();
  };

  const play = async (step: Step): Promise<void> => {
    if (!isPlayed(step, lacks)) return;
    if ('reset' in step) return card.reset();
    return 'secureChannel' in step ? openChannel(step.secureChannel) : send(step);
  };
  return {
    card,
    play,
    bring: async (state) => {
      expect(states).toHaveProperty([state]);
      for (const step of states[state] ?? []) await play(step);
    },
    run: (text, sw, data) => send({ send: text, sw, ...(data === undefined ? {} : { data }) }),
    runSecure: (text, sw, data) =>
      send({ send: text, sw, secure: true, ...(data === undefined ? {} : { data }) }),
    wrapped: (text) => wrap(fromHex(text)),
  };
}

/** Parts of a public key: its coordinates, of Ed25519 the whole key as x, and in CBOR whether y is odd. */
const keyParts = {
  x: ({ curve, point }: KnownKey) => (curve === 'Ed25519' ? point : point.subarray(1, 33)),
  y: ({ point }: KnownKey) => point.subarray(33),
  sign: ({ point }: KnownKey) => Uint8Array.of(0xf4 | ((point[64] ?? 0) & 1)),
} as const;

const opensslHashes = { 'SHA-256': 'sha256', 'SHA-512': 'sha512', SM3: 'sm3' } as const;

/** The whole answer: parts after 61XX fetched on the same channel, the command repeated after 6CXX. */
export async function complete(card: Pick<ConnectedCard, 'exchange'>, apdu: Uint8Array): Promise<Uint8Array> {
  const getResponse = (le: number): Uint8Array =>
    Uint8Array.of((apdu[0] ?? 0) & CLA_CHANNEL, 0xc0, 0x00, 0x00, le);
  let answer = await card.exchange(apdu);
  let data = answer.subarray(0, -2);
  for (let parts = 0; parts < PARTS_MAX; parts++) {
    const [sw1, sw2 = 0] = answer.subarray(-2);
    if (sw1 === 0x6c) answer = await card.exchange(Uint8Array.of(...apdu.subarray(0, 4), sw2));
    else if (sw1 === 0x61) answer = await card.exchange(getResponse(sw2));
    else return concat(data, answer.subarray(-2));
    data = concat(data, answer.subarray(0, -2));
  }
  return answer;
}

/** Status words of what is no command, and of one that reaches nobody. */
const unknownStatusWords = ['6700', '6881', '6A86', '6A88', '6D00', '6E00'];

/**
 * Whether the catalogue lists the status word for the command as it was sent; for what is no command, the words that
 * say so. 6982 for a command that is not what was sent comes inside a secure channel only.
 */
export function isListed(apdu: Uint8Array, sw: string): boolean {
  const command = findCommand(everyCommand, apdu);
  const secured = ((apdu[0] ?? 0) & CLA_SECURE_MESSAGING) !== 0;
  const common = Object.keys(commonStatusWords).filter((known) => known !== '6982');
  const listed = [
    ...(secured ? ['6982'] : []),
    ...(command === undefined ? unknownStatusWords : [...common, ...Object.keys(command.statusWords)]),
  ];
  return listed.some((known) => new RegExp(`^${known.replaceAll('X', '.')}$`).test(sw));
}

/** `*n` stands for n bytes of any value, `**` for any number of them. */
function patternOf(data: string): RegExp {
  const parts = data.split(/\s+/).map((part) => {
    if (part === '**') return '([0-9A-F]{2})*';
    return part.startsWith('*') ? `[0-9A-F]{${2 * Number(part.slice(1))}}` : part;
  });
  return new RegExp(`^${parts.join('')}$`);
}
