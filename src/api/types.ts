// SPDX-License-Identifier: Apache-2.0

/**
 * JSON of the HTTP API. Heights, times, sequences and amounts are decimal text, since JSON numbers end at 2^53;
 * bytes are lower-case hexadecimal text.
 */
export type Hex = string;
/** A whole number as decimal text. */
export type Decimal = string;

/** GET /v1/status */
export type StatusJson = {
  readonly chainId: string;
  readonly genesisHash: Hex;
  readonly height: Decimal;
  /** Block time of the head in milliseconds since 1970-01-01 UTC. */
  readonly time: Decimal;
  readonly headHash: Hex;
  readonly stateRoot: Hex;
  readonly modules: readonly string[];
  readonly mempool: { readonly transactions: number; readonly bytes: number };
  /** How many heights ahead an expiry may lie. */
  readonly expiryWindow: number;
};

/** Part of a receipt. */
export type EventJson = {
  readonly module: string;
  readonly type: string;
  readonly attributes: Readonly<Record<string, unknown>>;
};

/** Result of a committed transaction; a failed one has another code than `ok`. */
export type ReceiptJson = {
  readonly code: string;
  readonly log: string;
  readonly events: readonly EventJson[];
};

/** POST /v1/transactions */
export type AcceptedJson = { readonly hash: Hex; readonly state: 'pending' };

/** POST /v1/transactions?wait=SECONDS, and the head of GET /v1/transactions/{hash} */
export type CommittedJson = {
  readonly hash: Hex;
  readonly state: 'committed';
  readonly height: Decimal;
  readonly index: number;
  readonly receipt: ReceiptJson;
};

/** GET /v1/transactions/{hash} of a committed transaction */
export type ProvenTransactionJson = CommittedJson & {
  /** Bytes of the transaction. */
  readonly transaction: Hex;
  readonly messages: readonly { readonly name: string; readonly body: Readonly<Record<string, unknown>> }[];
  readonly sender: string;
  readonly signedHeader: Hex;
  readonly proof: Hex;
};

/** GET /v1/blocks/{height} */
export type BlockJson = {
  readonly height: Decimal;
  readonly time: Decimal;
  readonly hash: Hex;
  readonly parent: Hex;
  readonly transactionRoot: Hex;
  readonly receiptRoot: Hex;
  readonly stateRoot: Hex;
  readonly signedHeader: Hex;
  readonly transactions: readonly { readonly hash: Hex; readonly code: string }[];
};

/** GET /v1/accounts/{address}?lane=N */
export type AccountJson = {
  readonly address: string;
  readonly lane: number;
  readonly sequence: Decimal;
  readonly pendingSequence: Decimal;
  readonly height: Decimal;
  /** Balances in minor units, one for each currency that the account has some of. */
  readonly balances: readonly { readonly currency: string; readonly amount: Decimal }[];
};

/** GET /v1/currencies/{code} */
export type CurrencyJson = {
  readonly code: string;
  readonly minorUnitDigits: number;
  readonly supply: Decimal;
};

/** GET /v1/state/{module}/{key}?height=N */
export type StateJson = {
  readonly module: string;
  readonly key: Hex;
  /** Null when the key is absent. */
  readonly value: Hex | null;
  readonly height: Decimal;
  readonly signedHeader: Hex;
  readonly proof: Hex;
};

/** GET /v1/dids/{did}. Source: W3C DID Resolution 1.0 §4. */
export type DidResolutionJson = {
  readonly didDocument: Readonly<Record<string, unknown>> | null;
  readonly didDocumentMetadata: Readonly<Record<string, unknown>>;
  readonly didResolutionMetadata: Readonly<Record<string, unknown>>;
};

/** Body of every answer that is no success. */
export type ErrorJson = {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly remedy: string;
    readonly details: Readonly<Record<string, unknown>>;
  };
};
