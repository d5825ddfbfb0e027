// SPDX-License-Identifier: Apache-2.0
import type { Transport } from '../../protocol/transport.ts';

/** The transport with another `transmit`; all else stays that of the inner one. */
export function layer(inner: Transport, transmit: Transport['transmit']): Transport {
  const { name, atr } = inner;
  return {
    name,
    ...(atr === undefined ? {} : { atr }),
    get longestData() {
      return inner.longestData;
    },
    transmit,
    close: () => inner.close(),
  };
}
