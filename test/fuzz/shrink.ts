// SPDX-License-Identifier: Apache-2.0
import type { Finding } from './model/outcome.ts';
import type { Fuzzer, Sequence } from './sequence.ts';

/** Most sequences that are tried. */
const TRIES_MAX = 2000;

/** A sequence that fails, and how. */
export type Failure = { readonly sequence: Sequence; readonly finding: Finding };

/**
 * A failure of the same kind with as few steps as leaving them out one after the other, and several at once, comes to; and
 * with no chance beside the last step.
 */
export function shrink({ replay }: Fuzzer, failure: Failure): Failure {
  const search = searchLess(failure);
  let next = search.next();
  while (!next.done) next = search.next(replay(next.value));
  return next.value;
}

/** As {@link shrink}, where to play a sequence takes waiting. */
export async function shrinkAsync(
  replay: (sequence: Sequence) => Promise<Finding | undefined>,
  failure: Failure,
): Promise<Failure> {
  const search = searchLess(failure);
  let next = search.next();
  while (!next.done) next = search.next(await replay(next.value));
  return next.value;
}

/** Gives sequences to be played, and is given what was found in each. */
function* searchLess(failure: Failure): Generator<Sequence, Failure, Finding | undefined> {
  let best = failure;
  let tries = 0;
  for (let size = best.sequence.steps.length >> 1; size > 0; size >>= 1)
    for (let at = best.sequence.steps.length - size; at >= 0 && tries < TRIES_MAX; at--) {
      const { steps } = best.sequence;
      if (at + size > steps.length) continue;
      tries++;
      const sequence = { ...best.sequence, steps: [...steps.slice(0, at), ...steps.slice(at + size)] };
      const finding = yield sequence;
      if (finding !== undefined && kindOf(finding) === kindOf(failure.finding)) best = { sequence, finding };
    }
  return best;
}

/** What is the same of two findings of one fault: all but the bytes. */
const kindOf = ({ message, expected }: Finding): string =>
  `${expected ?? ''} ${message.replaceAll(/\b[0-9a-f]{4,}\b/g, '#')}`;
