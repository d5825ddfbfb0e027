// SPDX-License-Identifier: Apache-2.0
import type { ApduFile } from '../conformance/apdu-fixtures.ts';
import { countedRandom } from '../support/counted-random.ts';
import type { TestCard } from '../support/test-card.ts';
import type { Declared } from './declared.ts';
import type { Exchanged } from './declared-differences.ts';
import { type DriveOptions, type Driver, drive } from './driver.ts';
import { fixtureOf } from './fixture.ts';
import { durableOf, IMAGE_SEED, type Image, makeImage, memoryOf } from './images.ts';
import type { Finding } from './model/outcome.ts';
import type { CardKind } from './model/state.ts';
import { kindOf, type Played, playAgain, playNew, type Sequence } from './sequence.ts';
import type { Failure } from './shrink.ts';
import { answering, compare, emulate, type Recording, recording, repeatOn, seedBytes } from './two-cards.ts';

/*
 * The emulated card and another one are sent the same commands, with the same random bytes, and must answer the same
 * bytes but for declared differences. What depends on an answer, such as a MAC or a GET RESPONSE, is made of what the
 * emulator answered: as long as the other card answers the same it is right for it too, so that nobody waits for anybody.
 * The model follows the emulator; where signatures differ it follows the other card as well, and verifies those.
 */

/** Plays sequences on both cards. */
export type DifferentialFuzzer = {
  /** The sequence of that number. Several may be played at once; they are carried out in order. */
  play(seed: number, index: number): Promise<Played>;
  /** The same steps again. */
  replay(sequence: Sequence): Promise<Finding | undefined>;
  /** A failure as a file of fixtures/apdu; see `fixtureOf`. */
  fixtureOf(failure: Failure, reproduce: string): ApduFile;
  /** Sequences so far in which the cards differed as they may. */
  declared(): number;
};

/** An image that both cards have; `verdict` is what was found when it was made. */
type Shared = { readonly image: Image; readonly slot: number; readonly verdict: Promise<Played | undefined> };

/** Images that are nothing but a new card. */
const NEW: readonly string[] = ['blank', 'installed'];

/** How a fuzzer over another card is opened. */
export type DifferentialOptions = {
  /** What the card of a sequence is made as, of what was drawn; each kind has images of its own, which take time. */
  readonly kindOf?: (drawn: CardKind) => CardKind;
};

/** A fuzzer over the other card, which nobody else uses meanwhile; the emulator is made to have what that one has. */
export function openDifferentialFuzzer(
  card: TestCard,
  has?: Declared,
  { kindOf: chooseKind = (drawn) => drawn }: DifferentialOptions = {},
): DifferentialFuzzer {
  const images = new Map<string, Shared>();
  let declared = 0;

  /** Has the other card do what the emulator did, after and before what is given, and compares. */
  const repeat = async (
    played: Played,
    recorded: Recording,
    before: () => Promise<void>,
    after: () => Promise<void> = async () => {},
  ): Promise<Played> => {
    const prepared = before();
    const answered = repeatOn(card, recorded);
    const [answers] = await Promise.all([answered, prepared, after()]);
    const { sequence, finding } = played;
    if (finding !== undefined) return played;
    const verdict = compare(recorded, answers, sequence.kind, () => judgeOther(sequence, answers));
    if (verdict === 'declared') declared++;
    return typeof verdict === 'string' ? played : { ...played, finding: verdict };
  };

  /** Has the model follow the other card through a sequence. */
  const judgeOther = ({ image, kind, seed, steps }: Sequence, answers: readonly Uint8Array[]) => {
    const exchanged: Exchanged[] = [];
    const driver = driveImage(shared(image, kind).image, kind, seed, {
      open: answering(answers),
      judged: (wire, answer, detail) => exchanged.push({ wire, answer, ...detail }),
    });
    const finding = playAgain(driver, steps);
    return { exchanged, finding };
  };

  const shared = (name: string, kind: CardKind): Shared => {
    const key = `${name} ${JSON.stringify(kind)}`;
    const known = images.get(key);
    if (known !== undefined) return known;
    const made = NEW.includes(name) ? newCard(name, kind) : furtherCard(name, kind);
    // Whoever plays on it waits for it; one that others are made of may have nobody who does.
    made.verdict.catch(() => {});
    images.set(key, made);
    return made;
  };
  const newCard = (name: string, kind: CardKind): Shared => {
    const image = makeImage(name, { kind });
    const slot = images.size;
    const { mode, challenge, confirmation } = kind;
    const made = card.fresh({ mode, challenge, confirmation, lifeCycle: image.lifeCycle });
    const saved = Promise.all([made, card.save(slot)]);
    return { image, slot, verdict: saved.then(() => undefined) };
  };
  const furtherCard = (name: string, kind: CardKind): Shared => {
    const blank = shared('blank', kind);
    const slot = images.size;
    const recorded = recording(kind, IMAGE_SEED);
    const image = makeImage(name, { kind, ...recorded.options });
    const sequence = { image: 'blank', kind, seed: IMAGE_SEED, steps: image.steps };
    const verdict = repeat(
      { sequence, exchanges: 0 },
      recorded,
      () => card.restore(blank.slot, seedBytes(IMAGE_SEED)),
      () => card.save(slot),
    );
    return { image, slot, verdict: verdict.then((each) => (each.finding ? each : undefined)) };
  };

  /** Plays on the emulator what `work` drives, and on the other card after it. */
  const playOn = async ({ slot, verdict }: Shared, played: Played, recorded: Recording): Promise<Played> => {
    const restore = (): Promise<void> => card.restore(slot, seedBytes(played.sequence.seed));
    const [bad, result] = await Promise.all([verdict, repeat(played, recorded, restore)]);
    return bad ?? result;
  };

  return {
    declared: () => declared,
    play: (seed, index) => {
      let on: { readonly image: Shared; readonly recorded: Recording } | undefined;
      const played = playNew(seed, index, (name, rng) => {
        const kind: CardKind = { ...chooseKind(kindOf(rng)), profile: 't1', ...has };
        const image = shared(name, kind);
        const driveStage = (cardSeed: number): Driver => {
          const recorded = recording(kind, cardSeed);
          on = { image, recorded };
          return driveImage(image.image, kind, cardSeed, recorded.options);
        };
        return { image: image.image, kind, drive: driveStage };
      });
      const { image, recorded } = on as NonNullable<typeof on>;
      return playOn(image, played, recorded);
    },
    replay: async (sequence) => {
      const { kind, seed, steps } = sequence;
      const image = shared(sequence.image, kind);
      const recorded = recording(kind, seed);
      const finding = playAgain(driveImage(image.image, kind, seed, recorded.options), steps);
      const played = { sequence, exchanges: 0, ...(finding ? { finding } : {}) };
      return (await playOn(image, played, recorded)).finding;
    },
    fixtureOf: (failure, reproduce) => {
      const { image, kind, seed } = failure.sequence;
      let stream = countedRandom(seedBytes(IMAGE_SEED));
      const open = emulate(kind, () => stream);
      const begin = (): void => {
        stream = countedRandom(seedBytes(seed));
      };
      return fixtureOf(failure, shared(image, kind).image, reproduce, { open, begin });
    },
  };
}

const driveImage = (image: Image, kind: CardKind, seed: number, options: DriveOptions): Driver =>
  drive(memoryOf(image), durableOf(image), kind, seed, { ...options, lifeCycle: image.lifeCycle });
