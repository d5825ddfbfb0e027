// SPDX-License-Identifier: Apache-2.0
import type { CborMap } from '../../protocol/cbor.ts';
import type { PublicKey } from '../../protocol/crypto/public-key.ts';
import type { ToolkitError } from '../../protocol/error-table.ts';
import type { Address } from './address.ts';
import type { ChainId } from './chain-id.ts';
import type { GenesisValue, Parameters } from './genesis.ts';
import type { TxHash } from './hash.ts';

/** The state of one module at one height. */
export type StateReader = {
  readonly height: bigint;
  /** The value of a key; undefined when absent. The array belongs to the state: do not change it. */
  get(key: Uint8Array): Uint8Array | undefined;
};

/** A reader that can also list, for invariants and exports: never part of executing a transaction. */
export type StateScanner = StateReader & {
  /** Entries whose key begins with the prefix, in bytewise order of their keys. */
  entries(prefix: Uint8Array): AsyncIterable<readonly [key: Uint8Array, value: Uint8Array]>;
};

/** The module's own state inside a transaction: what is written is seen by later reads and reverted with it. */
export type StateWriter = {
  /** As {@link StateReader.get}. */
  get(key: Uint8Array): Uint8Array | undefined;
  /** Keeps key and value; the caller does not change them afterwards. */
  set(key: Uint8Array, value: Uint8Array): void;
  delete(key: Uint8Array): void;
};

/** What a message may depend on before it is executed: the transaction alone, never the state. */
export type MessageContext = {
  readonly chainId: ChainId;
  readonly sender: Address;
  readonly signer: PublicKey;
};

/** What a message may use while it is executed. No clock, no random, no network: the same on every node. */
export type ExecuteContext = MessageContext & {
  readonly txHash: TxHash;
  readonly parameters: Parameters;
  /** Height of the block that will hold the transaction. */
  readonly height: bigint;
  /** Time of that block in milliseconds since 1970-01-01 UTC. */
  readonly time: bigint;
  readonly state: StateWriter;
  /** Adds an event to the receipt. */
  emit(type: string, attributes: CborMap): void;
};

/** What a module may use while it sets up its state from the genesis. */
export type GenesisContext = {
  readonly chainId: ChainId;
  readonly parameters: Parameters;
  /** Genesis time in milliseconds since 1970-01-01 UTC. */
  readonly time: bigint;
  readonly state: StateWriter;
};

/** A signature that a message carries besides that of its transaction; the node verifies it before execution. */
export type SignatureClaim = {
  readonly key: PublicKey;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
  /** The error of the module when the signature is not valid. */
  refuse(): ToolkitError;
};

/** One message of a module. */
export type MessageType<Value> = {
  /** Reads the body. Throws `protocol/bad-cbor`, `protocol/bad-key` or `protocol/bad-cose` when it has another form. */
  decode(body: CborMap): Value;
  /** Checks what needs no state. Throws an error of the module: the transaction then never enters a block. */
  validate(message: Value, context: MessageContext): void;
  /** Signatures that must be valid for the transaction to be; none when left out. */
  claims?(message: Value): readonly SignatureClaim[];
  /** Takes effect. Throws an error of the module to revert the whole transaction. */
  execute(context: ExecuteContext, message: Value): void;
};

/** A rule that holds after every block: resolves with what breaks it, or undefined. */
export type Invariant = (state: StateScanner) => Promise<string | undefined>;

/** A part of the ledger with state, messages and errors of its own. */
export type Module = {
  /** Names the state's namespace and stands before the verb: a-z, 0-9 and hyphen, 1 to 32 characters. */
  readonly name: string;
  /** By verb. */
  readonly messages: Readonly<Record<string, MessageType<unknown>>>;
  /** Sets up the state; the section is undefined when the genesis has none. Throws `chain/bad-genesis`. */
  genesis(context: GenesisContext, section: GenesisValue | undefined): void;
  /** By name. */
  readonly invariants: Readonly<Record<string, Invariant>>;
};
