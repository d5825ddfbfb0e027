// SPDX-License-Identifier: Apache-2.0
import { ApiError, NodeAnswerError } from './errors.ts';
import type {
  AcceptedJson,
  AccountJson,
  BlockJson,
  CommittedJson,
  CurrencyJson,
  DidResolutionJson,
  ErrorJson,
  ProvenTransactionJson,
  StateJson,
  StatusJson,
} from './types.ts';

/**
 * A node as seen over HTTP; runs wherever `fetch` does. What it says is not proven: give signed headers and proofs to
 * a light client. Every method rejects with `api/node-not-reached`, `api/unexpected-answer`, or a
 * {@link NodeAnswerError} that carries the node's own code.
 */
export type NodeClient = {
  readonly url: string;
  status(): Promise<StatusJson>;
  /** Text of the genesis file. */
  genesis(): Promise<string>;
  block(height: bigint | 'latest'): Promise<BlockJson>;
  account(address: string, lane?: number): Promise<AccountJson>;
  currency(code: string): Promise<CurrencyJson>;
  resolve(did: string): Promise<DidResolutionJson>;
  /** `key` in hexadecimal. */
  state(module: string, key: string, height?: bigint): Promise<StateJson>;
  /** Sends a transaction and waits until it is durable, at most so many seconds. */
  sendAndWait(transaction: Uint8Array, seconds?: number): Promise<CommittedJson>;
  /** Sends a transaction; once this settles the node has it waiting, which no crash must survive. */
  send(transaction: Uint8Array): Promise<AcceptedJson>;
  /** `hash` in hexadecimal; waits up to so many seconds while the transaction is pending. */
  transaction(hash: string, seconds?: number): Promise<AcceptedJson | ProvenTransactionJson>;
};

/** How a client asks. */
export type NodeClientOptions = {
  /** Longest time for one answer in milliseconds, beside the time that the request itself waits. */
  readonly timeoutMs?: number;
};

/** A client of the node at a URL such as `http://127.0.0.1:26680`. */
export function createNodeClient(url: string, options: NodeClientOptions = {}): NodeClient {
  const base = url.replace(/\/+$/, '');
  const { timeoutMs = 10_000 } = options;
  const ask = async (
    path: string,
    seconds: number,
    init: RequestInit = {},
    answers: readonly number[] = [],
  ): Promise<string> => {
    const { status, headers, text } = await request(base, path, {
      ...init,
      signal: AbortSignal.timeout(timeoutMs + seconds * 1000),
    });
    if ((status >= 200 && status < 300) || answers.includes(status)) return text;
    throw refusal(base, status, headers.get('retry-after'), text);
  };
  const get = async <Answer>(path: string, seconds = 0): Promise<Answer> =>
    readJson(base, await ask(path, seconds));
  const post = async <Answer>(path: string, body: Uint8Array, seconds = 0): Promise<Answer> =>
    readJson(
      base,
      await ask(path, seconds, {
        method: 'POST',
        headers: { 'content-type': 'application/cose' },
        body: Uint8Array.from(body),
      }),
    );
  return {
    url: base,
    status: () => get('/v1/status'),
    genesis: () => ask('/v1/genesis', 0),
    block: (height) => get(`/v1/blocks/${height}`),
    account: (address, lane = 0) => get(`/v1/accounts/${encodeURIComponent(address)}?lane=${lane}`),
    currency: (code) => get(`/v1/currencies/${encodeURIComponent(code)}`),
    // An identity that is gone or not there is a resolution result, with these statuses.
    resolve: async (did) =>
      readJson(base, await ask(`/v1/dids/${encodeURIComponent(did)}`, 0, {}, [400, 404, 410])),
    state: (module, key, height) =>
      get(`/v1/state/${encodeURIComponent(module)}/${key}${height === undefined ? '' : `?height=${height}`}`),
    send: (transaction) => post('/v1/transactions', transaction),
    sendAndWait: (transaction, seconds = 30) =>
      post(`/v1/transactions?wait=${seconds}`, transaction, seconds),
    transaction: (hash, seconds = 0) =>
      get(`/v1/transactions/${encodeURIComponent(hash)}?wait=${seconds}`, seconds),
  };
}

async function request(
  base: string,
  path: string,
  init: RequestInit,
): Promise<{ status: number; headers: Headers; text: string }> {
  try {
    const response = await fetch(`${base}${path}`, init);
    return { status: response.status, headers: response.headers, text: await response.text() };
  } catch (cause) {
    throw new ApiError(
      'api/node-not-reached',
      `node not asked: found no answer at ${base}, expected a node`,
      { node: base },
      { cause },
    );
  }
}

function readJson<Answer>(base: string, text: string): Answer {
  try {
    return JSON.parse(text) as Answer;
  } catch (cause) {
    throw unexpected(base, 200, cause);
  }
}

function refusal(base: string, status: number, retryAfter: string | null, text: string): Error {
  try {
    const { error } = JSON.parse(text) as ErrorJson;
    if (typeof error.code === 'string' && typeof error.message === 'string')
      return new NodeAnswerError(error, status, retryAfter === null ? undefined : Number(retryAfter));
    return unexpected(base, status);
  } catch (cause) {
    return unexpected(base, status, cause);
  }
}

function unexpected(node: string, status: number, cause?: unknown): ApiError<'api/unexpected-answer'> {
  return new ApiError(
    'api/unexpected-answer',
    `node not asked: found an answer with status ${status} at ${node} that is none of a node`,
    { node, status },
    { cause },
  );
}
