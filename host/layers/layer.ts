// SPDX-License-Identifier: Apache-2.0
import type { Transport } from '../../protocol/transport.ts';

/** The transport with another `transmit`; name, answer to reset and `close` stay those of the inner one. */
export function layer(inner: Transport, transmit: Transport['transmit']): Transport {
  const { name, atr } = inner;
  const close = (): Promise<void> => inner.close();
  return atr === undefined ? { name, transmit, close } : { name, atr, transmit, close };
}
