// SPDX-License-Identifier: Apache-2.0
import { volatileMemory } from '../../applet-sim/index.ts';
import { fromHex, toUpperHex } from '../../protocol/bytes.ts';
import { findCommand } from '../../protocol/command.ts';
import { catalogue } from '../../protocol/commands/index.ts';
import type { ApduFile, Step as FixtureStep, Requirement } from '../conformance/apdu-fixtures.ts';
import { keySets } from './corpus.ts';
import { type DriveOptions, drive } from './driver.ts';
import { IMAGE_SEED, type Image } from './images.ts';
import { Finding } from './model/outcome.ts';
import { blank, type CardKind } from './model/state.ts';
import type { Failure } from './shrink.ts';

const everyCommand = Object.assign({}, ...Object.values(catalogue));

/** How the card of a fixture is made. */
export type FixtureOptions = Pick<DriveOptions, 'open'> & {
  /** Told when the image is made, and the sequence begins. */
  readonly begin?: () => void;
};

/**
 * A failure as a file of fixtures/apdu, from a blank card on: the bytes on the wire, what the card answered to each, and
 * for the last what it should have. Bytes that depend on keys of the card, or on a random challenge, hold for that card only.
 */
export function fixtureOf(
  { sequence, finding }: Failure,
  image: Image,
  reproduce: string,
  { begin = () => {}, ...options }: FixtureOptions = {},
): ApduFile {
  const { kind, steps } = sequence;
  const exchanges: { wire: string; answer: string }[] = [];
  // The image's own seed: its keys are then those that the steps name.
  const driver = drive(volatileMemory(), blank(image.lifeCycle, keySets.slice(0, 1)), kind, IMAGE_SEED, {
    ...options,
    lifeCycle: image.lifeCycle,
    trace: (wire, answer) => exchanges.push({ wire: toUpperHex(wire), answer: toUpperHex(answer) }),
  });
  const made: FixtureStep[] = [];
  let last = '';
  const all = [...image.steps, { do: 'power off' } as const, ...steps];
  for (const [at, step] of all.entries()) {
    exchanges.length = 0;
    if (at === image.steps.length + 1) begin();
    try {
      driver.take(step);
    } catch (error) {
      if (!(error instanceof Finding)) throw error;
    }
    const [first] = exchanges;
    if (first === undefined) {
      made.push({ reset: true });
      continue;
    }
    last = first.wire;
    made.push({ send: spaced(first.wire), sw: exchanges.at(-1)?.answer.slice(-4) ?? '' });
  }
  const end = made.at(-1);
  if (end !== undefined && 'send' in end && finding.expected !== undefined)
    made.splice(-1, 1, { ...end, sw: finding.expected.toUpperCase() });
  const command = findCommand(everyCommand, fromHex(last));
  return {
    command: command?.name ?? 'none',
    source: `found by ${reproduce}: ${finding.message}`,
    requires: requirementsOf(kind, image),
    sequences: [
      { kind: 'state', title: 'answers as the model of the card does', from: 'reset', steps: made },
    ],
  };
}

function requirementsOf(
  { confirmation, mode, challenge }: CardKind,
  { lifeCycle }: Image,
): readonly Requirement[] {
  return [
    'new card',
    ...(confirmation === 'terminal' ? (['terminal'] as const) : []),
    ...(mode === 'S16' ? (['S16'] as const) : []),
    ...(challenge === 'random' ? (['random challenge'] as const) : []),
    ...(lifeCycle === 'installed' ? (['installed'] as const) : []),
  ];
}

const spaced = (hex: string): string => hex.match(/../g)?.join(' ') ?? '';
