// SPDX-License-Identifier: Apache-2.0

/** Settles at the first SIGINT or SIGTERM; a second one ends the process at once, as without this. */
export const untilInterrupted = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
