// SPDX-License-Identifier: Apache-2.0
import { fromHex, toHex } from '../../protocol/bytes.ts';
import { blockchainSimCommands as custody } from '../../protocol/commands/blockchain-sim/index.ts';
import { type DriveOptions, type Driver, drive } from './driver.ts';
import { nextSteps, type Theme } from './grammar.ts';
import { durableOf, type Image, imageWeights, makeImage, memoryOf } from './images.ts';
import { Finding, find } from './model/outcome.ts';
import type { CardKind } from './model/state.ts';
import { type Rng, rngOf, seedOf } from './random.ts';
import { apduOf } from './requests.ts';
import type { Step } from './steps.ts';

/** A sequence that was played: enough to play it again without the grammar. */
export type Sequence = {
  readonly image: string;
  readonly kind: CardKind;
  /** Of the card's own random bytes. */
  readonly seed: number;
  readonly steps: readonly Step[];
};

/** What a sequence came to. */
export type Played = { readonly sequence: Sequence; readonly exchanges: number; readonly finding?: Finding };

/** Exchanges as they were, for the report. */
export type Exchange = { readonly wire: string; readonly answer: string };

const SELECT = '00a4040007f04253494d010000';

/** Plays sequences on cards from prepared images. */
export type Fuzzer = {
  /** The sequence of that number. */
  play(seed: number, index: number): Played;
  /** The same steps again; every exchange is given to `trace`. */
  replay(sequence: Sequence, trace?: (exchange: Exchange) => void): Finding | undefined;
  /** The image of that name. */
  image(name: string): Image;
};

/** What a new sequence is played on. */
export type Stage = {
  readonly image: Image;
  readonly kind: CardKind;
  /** The card, with random bytes of that seed. */
  drive(seed: number): Driver;
};

/** Prepares the images. Throws {@link Finding} where a card is found wrong already there. */
export function openFuzzer(): Fuzzer {
  const images = new Map(imageWeights.map(([, name]) => [name, makeImage(name)]));
  const imageOf = (name: string): Image => images.get(name) ?? find(`no image ${name}`);
  const driveImage = (image: Image, kind: CardKind, seed: number, options: DriveOptions = {}): Driver =>
    drive(memoryOf(image), durableOf(image), kind, seed, { ...options, lifeCycle: image.lifeCycle });

  return {
    play: (seed, index) =>
      playNew(seed, index, (name, rng) => {
        const image = imageOf(name);
        const kind = kindOf(rng);
        return { image, kind, drive: (cardSeed) => driveImage(image, kind, cardSeed) };
      }),
    image: imageOf,
    replay: ({ image, kind, seed, steps }, trace) =>
      playAgain(
        driveImage(imageOf(image), kind, seed, {
          trace: (wire, answer) => trace?.({ wire: toHex(wire), answer: toHex(answer) }),
        }),
        steps,
      ),
  };
}

/** The sequence of that number, on what `stage` makes of the name of its image. */
export function playNew(seed: number, index: number, stage: (name: string, rng: Rng) => Stage): Played {
  const rng = rngOf(seedOf(seed, index));
  const { image, kind, drive: driveStage } = stage(pickImage(rng), rng);
  const theme = themeOf(rng, image);
  const cardSeed = rng.next();
  const steps: Step[] = [];
  const driver = driveStage(cardSeed);
  const length = 5 + Math.floor((rng.next() / 0x1_0000_0000) ** 3 * 56);
  const take = (step: Step): void => {
    steps.push(step);
    driver.take(step);
  };
  const finding = catchFinding(() => {
    while (steps.length < length) for (const step of nextSteps(rng, driver.s, theme)) take(step);
    for (const step of audit(rng, driver)) take(step);
  });
  const sequence = { image: image.name, kind, seed: cardSeed, steps };
  return { sequence, exchanges: driver.exchanges(), ...(finding ? { finding } : {}) };
}

/** Steps that were taken before; what was found. */
export const playAgain = (driver: Driver, steps: readonly Step[]): Finding | undefined =>
  catchFinding(() => {
    for (const step of steps) driver.take(step);
  });

const totalWeight = imageWeights.reduce((sum, [weight]) => sum + weight, 0);

function pickImage(rng: Rng): string {
  let at = rng.below(totalWeight);
  for (const [weight, name] of imageWeights) {
    at -= weight;
    if (at < 0) return name;
  }
  return imageWeights[0]?.[1] ?? '';
}

/** How the card of a sequence is made. */
export const kindOf = (rng: Rng): CardKind => ({
  profile: rng.chance(50) ? 't1' : 't0',
  confirmation: rng.chance(50) ? 'pin' : 'terminal',
  mode: rng.chance(75) ? 'S8' : 'S16',
  challenge: rng.chance(80) ? 'pseudo-random' : 'random',
});

const themeOf = (rng: Rng, { durable }: Image): Theme => {
  const wallets = rng.chance(6);
  return {
    wallets,
    signs: rng.chance(wallets ? 60 : 18),
    administers: rng.chance(durable.lifeCycle === 'personalised' ? 18 : 45),
  };
};

/** What is looked at after every sequence: the card must say of itself what the model says. */
function audit(rng: Rng, { s }: Driver): readonly Step[] {
  const send = (apdu: string): Step => ({ do: 'send', apdu, fetch: true });
  const isHeld = s.lifeCycle === 'personalised' && s.pinTries > 0;
  return [
    { do: rng.chance(10) ? 'open again' : 'power off' },
    send(SELECT),
    ...(s.lifeCycle === 'installed' ? [] : [send('00caff2000'), send('00caff2100')]),
    ...(isHeld && rng.chance(50)
      ? [send(toHex(apduOf(custody.verify, fromHex(s.pin)))), send('00caff2400')]
      : []),
  ];
}

/** What the work found. A model that fails is a finding too. */
export function catchFinding(work: () => void): Finding | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return error instanceof Finding ? error : new Finding('the model failed', { cause: error });
  }
}
