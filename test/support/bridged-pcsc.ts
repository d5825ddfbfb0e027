// SPDX-License-Identifier: Apache-2.0
import { CardError, type CardErrorCode } from '../../host/errors.ts';
import { fromHex, toHex } from '../../protocol/bytes.ts';
import type { Transport } from '../../protocol/transport.ts';
import type { Ended } from './line-process.ts';
import { type PcscNamespace, pcscScript } from './pcsc-namespace.ts';

/** The PC/SC transport of a process inside the namespace, used from outside. */
export type PcscBridge = {
  open(reader: string): Promise<Transport>;
  /** Tells the process that no more comes, and gives how it ended; it has to end by itself. */
  ended(): Promise<Ended>;
};

type Reply = {
  readonly number: number;
  readonly name?: string;
  readonly atr?: string;
  readonly answer?: string;
  readonly error?: { readonly code?: string; readonly message: string; readonly details: object };
};

/** Starts the process. Errors of its transport come with their code, message and facts. */
export function bridgePcsc(namespace: PcscNamespace): PcscBridge {
  const child = namespace.start(process.execPath, [pcscScript('bridge.mjs')]);
  const replies = new Map<number, Reply>();
  let sent = 0;
  let opened = 0;

  /** Replies may come in another order than the requests: each reader takes lines until its own is there. */
  const ask = async (request: object): Promise<Reply> => {
    const number = sent++;
    child.send(JSON.stringify({ number, ...request }));
    for (;;) {
      const reply = replies.get(number);
      if (reply !== undefined) return checked(reply);
      const next = JSON.parse(await child.line()) as Reply;
      if (next.number === number) return checked(next);
      replies.set(next.number, next);
    }
  };

  return {
    open: async (reader) => {
      const id = opened++;
      const { name = '', atr = '' } = await ask({ action: 'open', id, reader });
      return {
        name,
        atr: fromHex(atr),
        transmit: async (apdu) => {
          const { answer = '' } = await ask({ action: 'transmit', id, apdu: toHex(apdu) });
          return fromHex(answer);
        },
        close: async () => {
          await ask({ action: 'close', id });
        },
      };
    },
    ended: () => {
      child.endInput();
      return child.ended();
    },
  };
}

function checked(reply: Reply): Reply {
  const { error } = reply;
  if (error === undefined) return reply;
  throw new CardError(error.code as CardErrorCode, error.message, error.details as never);
}
