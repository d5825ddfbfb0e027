// SPDX-License-Identifier: Apache-2.0

/** Runs work one after the other in the order of the calls; a failure is its caller's and holds nobody up. */
export type InTurn = <Result>(work: () => Promise<Result>) => Promise<Result>;

/** A new queue, empty. */
export function inTurn(): InTurn {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = last.then(work, work);
    last = result;
    return result;
  };
}
