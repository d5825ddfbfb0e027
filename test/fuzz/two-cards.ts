// SPDX-License-Identifier: Apache-2.0
import { type CardOptions, createCard } from '../../applet-sim/index.ts';
import { equalBytes, toHex } from '../../protocol/bytes.ts';
import { type CountedRandom, countedRandom } from '../support/counted-random.ts';
import type { TestCard } from '../support/test-card.ts';
import type { Declared } from './declared.ts';
import {
  areAlike,
  commandOf,
  type Exchanged,
  statusOf,
  undeclaredDifference,
} from './declared-differences.ts';
import type { DriveOptions } from './driver.ts';
import { Finding } from './model/outcome.ts';
import type { CardKind } from './model/state.ts';

/** What was done to the emulator, in order: what it answered, or a reset. */
type Done = { readonly wire: Uint8Array; readonly answer: Uint8Array } | 'reset';

/** What is kept of an emulated card that is driven. */
export type Recording = {
  /** To drive it with. */
  readonly options: Pick<DriveOptions, 'open' | 'judged'>;
  readonly done: readonly Done[];
  /** Exchanges that the model judged. */
  readonly exchanged: readonly Exchanged[];
};

/** Bytes of a seed of random bytes. */
export function seedBytes(seed: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(seed >>> 0);
  return bytes;
}

/** Less than two bytes reach a card through no reader; it is asked nothing then. */
const isCarried = ({ length }: Uint8Array): boolean => length > 1;

/** Makes emulated cards that have what the kind says, and whose random bytes begin anew with every command. */
export const emulate =
  ({ algorithms, hashes }: CardKind & Partial<Declared>, random: () => CountedRandom) =>
  (options: CardOptions): ReturnType<typeof createCard> => {
    const card = createCard({
      ...options,
      ...(algorithms ? { algorithms } : {}),
      ...(hashes ? { hashes } : {}),
      random: (length) => random().random(length),
    });
    return {
      ...card,
      process: (apdu) => {
        if (isCarried(apdu)) random().nextCommand();
        return card.process(apdu);
      },
    };
  };

/** Keeps what is done to an emulated card of that kind, with random bytes of that seed. */
export function recording(kind: CardKind, seed: number): Recording {
  const stream = countedRandom(seedBytes(seed));
  const make = emulate(kind, () => stream);
  const done: Done[] = [];
  const exchanged: Exchanged[] = [];
  const open: DriveOptions['open'] = (options) => {
    const card = make(options);
    const restarted = (work: () => void) => (): void => {
      done.push('reset');
      work();
    };
    return {
      process: (wire) => {
        const answer = card.process(wire);
        done.push({ wire, answer });
        return answer;
      },
      reset: restarted(card.reset),
      powerOff: restarted(card.powerOff),
      // It is opened again, which to a card in a reader is a reset.
      close: restarted(card.close),
    };
  };
  const judged: DriveOptions['judged'] = (wire, answer, detail) =>
    exchanged.push({ wire, answer, ...detail });
  return { options: { open, judged }, done, exchanged };
}

/** Does to another card what was done to the emulator; its answers, in order. */
export const repeatOn = (card: TestCard, { done }: Recording): Promise<readonly Uint8Array[]> =>
  Promise.all(
    done.flatMap((each) => {
      if (each !== 'reset') return [isCarried(each.wire) ? card.exchange(each.wire) : each.answer];
      void card.reset();
      return [];
    }),
  );

/** A card that gives those answers, whatever it is sent. */
export function answering(answers: readonly Uint8Array[]): NonNullable<DriveOptions['open']> {
  let next = 0;
  const nothing = (): void => {};
  const process = (): Uint8Array => answers[next++] ?? new Uint8Array(0);
  return () => ({ process, reset: nothing, powerOff: nothing, close: nothing });
}

/** What a comparison came to: the cards agree, agree but for what may differ, or do not. */
export type Verdict = 'same' | 'declared' | Finding;

/**
 * Compares what another card answered. `judge` has the model follow those answers, and gives what it took, and what it
 * has against the next; it is asked only where they differ from the emulator's as they may.
 */
export function compare(
  { exchanged: ours }: Recording,
  answers: readonly Uint8Array[],
  { mode }: CardKind,
  judge: () => { readonly exchanged: readonly Exchanged[]; readonly finding: Finding | undefined },
): Verdict {
  const theirs = (at: number): Uint8Array => answers[at] ?? new Uint8Array(0);
  const differing = [...ours.keys()].filter((at) => !equalBytes(ours[at]?.answer ?? NONE, theirs(at)));
  const [first] = differing;
  if (first === undefined) return 'same';
  const unlike = differing.find((at) => !areAlike(ours[at]?.answer ?? NONE, theirs(at)));
  const found = (at: number, why?: Finding): Finding => differenceOf(ours[at] as Exchanged, theirs(at), why);
  if (unlike === first) return found(unlike);
  const { exchanged, finding } = judge();
  const undeclared = undeclaredDifference(ours, exchanged, mode);
  if (undeclared !== undefined) return found(undeclared);
  // What the model has something against is the exchange after those that it took.
  if (finding !== undefined && exchanged.length !== unlike) return found(exchanged.length, finding);
  return unlike === undefined ? 'declared' : found(unlike);
}

const NONE = new Uint8Array(0);

function differenceOf(ours: Exchanged, theirs: Uint8Array, why: Finding | undefined): Finding {
  const { wire, answer } = ours;
  const name = commandOf(ours)?.name ?? 'what is no command';
  const what = areAlike(answer, theirs)
    ? `other bytes${why === undefined ? '' : ` (${why.message})`}`
    : `${outlineOf(theirs)}, not ${outlineOf(answer)}`;
  return new Finding(
    `${name}: the other card gives ${what}: ${toHex(theirs)}, the emulator ${toHex(answer)}, to ${toHex(wire)}`,
    { expected: toHex(statusOf(answer)) },
  );
}

/** How many bytes, and SW1-SW2 in a form that is no mere bytes: findings that differ in it are of different kinds. */
function outlineOf(answer: Uint8Array): string {
  const sw = [...statusOf(answer)].map((byte) => toHex(Uint8Array.of(byte))).join(' ');
  return answer.length <= 2 ? sw : `${answer.length - 2} bytes and ${sw}`;
}
