// SPDX-License-Identifier: Apache-2.0
import { fromHex, toHex } from '../../protocol/bytes.ts';
import { blockchainSimCommands as custody } from '../../protocol/commands/blockchain-sim/index.ts';
import { type Driver, drive } from './driver.ts';
import { nextSteps, type Theme } from './grammar.ts';
import { durableOf, type Image, makeImages, memoryOf } from './images.ts';
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

/** Prepares the images. Throws {@link Finding} where a card is found wrong already there. */
export function openFuzzer(): Fuzzer {
  const images = makeImages();
  const total = images.reduce((sum, [weight]) => sum + weight, 0);
  const pickImage = (rng: Rng): Image => {
    let at = rng.below(total);
    for (const [weight, image] of images) {
      at -= weight;
      if (at < 0) return image;
    }
    return images[0]?.[1] as Image;
  };

  const imageOf = (name: string): Image => {
    const image = images.find(([, each]) => each.name === name)?.[1];
    return image ?? find(`no image ${name}`);
  };

  return {
    play: (seed, index) => {
      const rng = rngOf(seedOf(seed, index));
      const image = pickImage(rng);
      const kind = kindOf(rng);
      const theme = themeOf(rng, image);
      const cardSeed = rng.next();
      const steps: Step[] = [];
      const driver = drive(memoryOf(image), durableOf(image), kind, cardSeed, { lifeCycle: image.lifeCycle });
      const length = 5 + Math.floor((rng.next() / 0x1_0000_0000) ** 3 * 56);
      const sequence = (): Sequence => ({ image: image.name, kind, seed: cardSeed, steps });
      const take = (step: Step): void => {
        steps.push(step);
        driver.take(step);
      };
      const finding = catchFinding(() => {
        while (steps.length < length) for (const step of nextSteps(rng, driver.s, theme)) take(step);
        for (const step of audit(rng, driver)) take(step);
      });
      return { sequence: sequence(), exchanges: driver.exchanges(), ...(finding ? { finding } : {}) };
    },
    image: imageOf,
    replay: ({ image: name, kind, seed, steps }, trace) => {
      const image = imageOf(name);
      const driver = drive(memoryOf(image), durableOf(image), kind, seed, {
        lifeCycle: image.lifeCycle,
        trace: (wire, answer) => trace?.({ wire: toHex(wire), answer: toHex(answer) }),
      });
      return catchFinding(() => {
        for (const step of steps) driver.take(step);
      });
    },
  };
}

const kindOf = (rng: Rng): CardKind => ({
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

function catchFinding(work: () => void): Finding | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return error instanceof Finding ? error : new Finding('the model failed', { cause: error });
  }
}
