// SPDX-License-Identifier: Apache-2.0

/** Runs work one after the other in the order of the calls; a failure is its caller's and holds nobody up. */
export type InTurn = <Result>(work: () => Promise<Result>) => Promise<Result>;

/**
 * A new queue, empty. Work begins within the call when nothing is before it. `failed` is called with the error of work
 * that failed, before the next begins and before the caller hears of it.
 */
export function inTurn(failed: (error: unknown) => void = () => {}): InTurn {
  let last: Promise<unknown> | undefined;
  return (work) => {
    const result = last === undefined ? work() : last.then(work, work);
    last = result;
    const end = (): void => {
      if (last === result) last = undefined;
    };
    // Registered before anybody else's, and therefore called first.
    result.then(end, (error: unknown) => {
      end();
      failed(error);
    });
    return result;
  };
}
