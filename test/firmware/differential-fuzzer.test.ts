// SPDX-License-Identifier: Apache-2.0
import { createPrivateKey, sign } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../protocol/bytes.ts';
import { blockchainSimCommands as custody } from '../../protocol/commands/blockchain-sim/index.ts';
import { secureChannelCommands } from '../../protocol/commands/secure-channel/index.ts';
import { pins } from '../fuzz/corpus.ts';
import { appletHas } from '../fuzz/declared.ts';
import { type DifferentialFuzzer, openDifferentialFuzzer } from '../fuzz/differential.ts';
import type { CardKind } from '../fuzz/model/state.ts';
import { apduOf } from '../fuzz/requests.ts';
import type { Played, Sequence } from '../fuzz/sequence.ts';
import { shrinkAsync } from '../fuzz/shrink.ts';
import type { Step } from '../fuzz/steps.ts';
import { countedRandom } from '../support/counted-random.ts';
import { type EmulatedRunnerOptions, openEmulatedRunner } from '../support/emulated-runner.ts';
import { connectTestCard } from '../support/test-card.ts';

/*
 * What finds differences is tried on cards that differ in one thing that is known: an emulator in the place of the applet.
 */
const SEED = 20_260_102;

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function open(options: EmulatedRunnerOptions = {}): Promise<DifferentialFuzzer> {
  const runner = await openEmulatedRunner({ card: appletHas, ...options });
  const card = await connectTestCard(runner.port);
  ends.push(runner.close, card.close);
  return openDifferentialFuzzer(card, appletHas);
}

/** The first of some sequences in which something is found. */
async function firstFound(fuzzer: DifferentialFuzzer, count: number): Promise<Played | undefined> {
  for (let from = 0; from < count; from += 4) {
    const all = await Promise.all([0, 1, 2, 3].map((i) => fuzzer.play(SEED, from + i)));
    const found = all.find(({ finding }) => finding !== undefined);
    if (found !== undefined) return found;
  }
  return undefined;
}

const kind: CardKind = {
  profile: 't1',
  confirmation: 'pin',
  mode: 'S8',
  challenge: 'pseudo-random',
  ...appletHas,
};
const send = (apdu: Uint8Array | string, fetch = true): Step => ({
  do: 'send',
  apdu: typeof apdu === 'string' ? apdu : toHex(apdu),
  fetch,
});
const secure = (apdu: Uint8Array): Step => ({ do: 'secure', apdu: toHex(apdu), fetch: true });
const select = send('00a4040007f04253494d010000');
const verify = apduOf(custody.verify, fromHex(pins.pin));
/** Steps on a personalised card, whose PIN is verified. */
const held = (...steps: readonly Step[]): Sequence => ({
  image: 'personalised',
  kind,
  seed: 7,
  steps: [select, send(verify), ...steps],
});

/** Key 1 is on P-256 and signs anything; key 4 is a wallet of the seed of BIP-32, test vector 1. */
const chooseKey = (reference: number): Uint8Array => apduOf(custody.chooseSignatureKey, { reference });
const digest = new Uint8Array(32).fill(0x11);
const signDigest = apduOf(custody.computeDigitalSignature, digest);
const message = Buffer.from('a message');
const signMessage = [
  send(chooseKey(4)),
  send(apduOf(custody.hash, message)),
  send(apduOf(custody.computeDigitalSignature, new Uint8Array(0))),
];
const attest = apduOf(custody.attest, { reference: 1, challenge: new Uint8Array(32).fill(0x5a) });
const isSignature = (apdu: Uint8Array, answer: Uint8Array): boolean =>
  apdu[1] === 0x2a && answer.length === 66 && apdu[0] === 0x00;

/** The private key of BIP-32, test vector 1, chain m, for OpenSSL: https://github.com/bitcoin/bips. */
const masterKey = createPrivateKey({
  format: 'der',
  type: 'sec1',
  // SEC 1 §C.4: version, private key, named curve secp256k1.
  key: Buffer.from(
    '302e0201010420e8f32e723decf4051aefac8e2c93c9c5b214313817cdb01a1494b917c8436b35a00706052b8104000a',
    'hex',
  ),
});
/** A signature of the wallet with a random nonce, by OpenSSL, with low s. */
function otherSignature(over: Uint8Array): Uint8Array {
  for (;;) {
    const made = sign('sha256', over, { key: masterKey, dsaEncoding: 'ieee-p1363' });
    // Half of the order of secp256k1 begins with 7FFFFFFF.
    if (made.readUInt32BE(32) < 0x7fffffff) return Uint8Array.from([...made, 0x90, 0x00]);
  }
}
const flipped = (answer: Uint8Array, at: number): Uint8Array => {
  const changed = answer.slice();
  changed[at] = (changed[at] ?? 0) ^ 1;
  return changed;
};

describe('random bytes that two cards share', () => {
  it('are SHA-256 over seed, number of the command and number of the block, and begin anew with each command', () => {
    // By Python's hashlib.
    const block = {
      0: '51ce8b03041697e18e2a24d5311e14bb1df4da119635bb84246c1b047316e46b',
      1: '6a8098876b8b372aaaab915452ca89d53444aa6d1cedc7f96395a160abd32057',
      next: 'f0b854fe5ea5fb22cf74bdbd01654a6a3ea04aeb9b35ff23fcf94375c0d7594e',
      2: '9ee4f39ec85ad1188cc1184940b41634e5b724609d6bcfded7d8a219f894b086',
    };
    const { random, nextCommand } = countedRandom(fromHex('0102'));
    expect(toHex(random(32))).toBe(block[0]);
    nextCommand();
    expect(toHex(random(5)) + toHex(random(0)) + toHex(random(40)) + toHex(random(19))).toBe(
      block[1] + block.next,
    );
    nextCommand();
    expect(toHex(random(32))).toBe(block[2]);
  });
});

describe('a card that', () => {
  it('is the same is found to differ in nothing', async () => {
    const fuzzer = await open();
    expect(await firstFound(fuzzer, 24)).toBeUndefined();
    expect(fuzzer.declared()).toBe(0);
  });

  it.each([0, 3, 100, 500])('changes one bit of answer %i is found', async (number) => {
    const alter = (answer: Uint8Array, at: number): Uint8Array =>
      at === number ? flipped(answer, answer.length > 2 ? answer.length >> 1 : 1) : answer;
    const found = await firstFound(await open({ alter }), 40);
    expect(found?.finding?.message).toContain(': the other card gives ');
  });

  it.each<readonly [string, EmulatedRunnerOptions['card']]>([
    ['confirms otherwise', { ...appletHas, confirmation: 'terminal' }],
    ['has another curve', { ...appletHas, algorithms: ['P-256', 'secp256k1'] }],
    ['has another hash', { ...appletHas, hashes: ['SHA-256', 'SHA-512'] }],
    ['draws other random bytes', { ...appletHas, random: (length) => new Uint8Array(length).fill(1) }],
    ['has challenges of another length', { ...appletHas, scp03: { mode: 'S16' } }],
  ])('%s is found', async (_what, card) => {
    const found = await firstFound(await open(card === undefined ? {} : { card }), 40);
    expect(found?.finding?.message).toContain(': the other card gives ');
  });

  it('forgets what it wrote is found', async () => {
    const wrong = send(apduOf(custody.verify, fromHex('3939393939393939')));
    const forgets = (answer: Uint8Array): Uint8Array => (toHex(answer) === '63c1' ? fromHex('63c2') : answer);
    const sequence = held(wrong, { do: 'power off' }, select, wrong);
    expect(await (await open()).replay(sequence)).toBeUndefined();
    const finding = await (await open({ alter: forgets })).replay(sequence);
    expect(finding?.message).toContain('VERIFY: the other card gives 63 c2, not 63 c1');
    expect(finding?.expected).toBe('63c1');
  });
});

describe('a signature', () => {
  /** What the other card gives in place of an answer of the sequence; they are counted from 0. */
  let change: (answer: Uint8Array, number: number, apdu: Uint8Array) => Uint8Array;
  let fuzzer: DifferentialFuzzer;
  let answers = 0;
  let close: () => Promise<void>;
  beforeAll(async () => {
    change = (answer) => answer;
    fuzzer = await open({ alter: (answer, _number, apdu) => change(answer, answers++, apdu) });
    expect(await fuzzer.replay(held())).toBeUndefined();
    const opened = ends.splice(0);
    close = async () => {
      for (const end of opened.reverse()) await end();
    };
  });
  afterAll(() => close());
  const find = async (sequence: Sequence, changed: typeof change): Promise<string | undefined> => {
    answers = 0;
    change = changed;
    return (await fuzzer.replay(sequence))?.message;
  };

  it('by another nonce is no difference, where it verifies', async () => {
    const before = fuzzer.declared();
    const found = await find(held(...signMessage), (answer, _number, apdu) =>
      isSignature(apdu, answer) ? otherSignature(message) : answer,
    );
    expect(found).toBeUndefined();
    expect(fuzzer.declared()).toBe(before + 1);
  });

  it.each<readonly [string, (answer: Uint8Array) => Uint8Array]>([
    ['of another message', () => otherSignature(Buffer.from('another message'))],
    ['with a bit of r changed', (answer) => flipped(answer, 31)],
    ['with a bit of s changed', (answer) => flipped(answer, 63)],
    ['with high s', highS],
  ])('%s is found', async (_what, changed) => {
    const found = await find(held(...signMessage), (answer, _number, apdu) =>
      isSignature(apdu, answer) ? changed(answer) : answer,
    );
    expect(found).toMatch(/other bytes \(signature on secp256k1: found one that does not hold/);
  });

  it('that is too short is found', async () => {
    const found = await find(held(send(chooseKey(1)), send(signDigest)), (answer, _number, apdu) =>
      isSignature(apdu, answer) ? answer.slice(1) : answer,
    );
    expect(found).toContain('the other card gives 63 bytes and 90 00, not 64 bytes and 90 00');
  });

  const part = Uint8Array.from([...attest.subarray(0, -1), 100]);
  const inParts = send(part);
  const cutShort = [send(part, false), send('00c0000030', false)];
  const bad = /other bytes \(signature on P-256: found one that does not hold/;
  // Which answer from the end, and which byte from its end, the first being that before SW1-SW2.
  it.each<readonly [string, readonly Step[], number, number, RegExp]>([
    ['the signature of an attestation', [send(attest)], 1, 1, bad],
    ['the first byte of it', [send(attest)], 1, 64, bad],
    ['the last byte of what an attestation signs', [send(attest)], 1, 67, /gives other bytes/],
    ['the signature in the last part of an attestation', [inParts], 1, 1, bad],
    ['a part before it', [inParts], 2, 1, /gives other bytes/],
    ['a part of an attestation that is not fetched whole', cutShort, 1, 1, /gives other bytes/],
  ])('or %s that is changed is found', async (_what, steps, back, byte, message) => {
    expect(await find(held(...steps), (answer) => answer)).toBeUndefined();
    const last = answers - back;
    const found = await find(held(...steps), (answer, number) =>
      number === last ? flipped(answer, answer.length - 2 - byte) : answer,
    );
    expect(found).toMatch(message);
  });

  it.each(['01', '13', '33'])('under level %s is seen to differ where its MAC does not fit', async (text) => {
    const level = Number.parseInt(text, 16);
    const begin = apduOf(secureChannelCommands.initializeUpdate, {
      kvn: 0,
      hostChallenge: new Uint8Array(8),
    });
    const authenticate = { do: 'authenticate', channel: 0, level } as const;
    const sequence = held(send(begin), authenticate, secure(chooseKey(1)), secure(signDigest));
    expect(await find(sequence, (answer) => answer)).toBeUndefined();
    const found = await find(sequence, (answer, _number, apdu) =>
      apdu[1] === 0x2a ? flipped(answer, 0) : answer,
    );
    expect(found).toMatch(level === 0x01 ? /signature on P-256/ : /inside the secure channel/);
  });
});

describe('a sequence in which a difference is found', () => {
  it('is shrunk to what it takes, and printed as a fixture with what the emulator answered', async () => {
    const GET_CHALLENGE = '0084000000';
    const fuzzer = await open({
      alter: (answer, _number, apdu) => (toHex(apdu) === GET_CHALLENGE ? fromHex('6f00') : answer),
    });
    const around = [send('00caff2000'), send('00caff2100'), send('00200001')];
    const sequence = held(...around, send(GET_CHALLENGE), ...around);
    const finding = await fuzzer.replay(sequence);
    if (finding === undefined) throw new Error('found nothing');
    const least = await shrinkAsync(fuzzer.replay, { sequence, finding });
    expect(least.sequence.steps).toEqual([select, send(GET_CHALLENGE)]);
    expect(least.finding.message).toMatch(
      /^GET CHALLENGE: the other card gives 6f 00, not 32 bytes and 90 00: 6f00, the emulator [0-9a-f]{64}9000, to 0084000000$/,
    );
    const steps = fuzzer.fixtureOf(least, 'npm run fuzz').sequences[0]?.steps;
    expect(steps?.at(-1)).toMatchObject({ send: '00 84 00 00 00', sw: '9000' });
    expect(steps?.[0]).toMatchObject({ send: '00 A4 04 00 07 F0 42 53 49 4D 01 00 00', sw: '9000' });
  });
});

/** r and n - s; n by SEC 2 §2.4.1. */
function highS(answer: Uint8Array): Uint8Array {
  const order = BigInt('0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141');
  const s = order - BigInt(`0x${toHex(answer.subarray(32, 64))}`);
  return Uint8Array.from([
    ...answer.subarray(0, 32),
    ...fromHex(s.toString(16).padStart(64, '0')),
    0x90,
    0x00,
  ]);
}
