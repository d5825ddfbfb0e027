// SPDX-License-Identifier: Apache-2.0
import { toHex } from '../../protocol/bytes.ts';
import { ToolkitError } from '../../protocol/error-table.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { ACCOUNTS, setSequence } from './accounts.ts';
import type { Address } from './address.ts';
import { ChainError } from './errors.ts';
import type { Genesis } from './genesis.ts';
import type { ExecuteContext, MessageType, Module, SignatureClaim } from './module.ts';
import type { ChainEvent, Receipt } from './receipt.ts';
import type { StateDraft } from './state.ts';
import { type DecodeOptions, decodeTransaction, formatTxHash, type Transaction } from './transaction.ts';

/** A transaction that is right in itself: form, chain, messages. Signatures and state are not yet checked. */
export type ReadTransaction = {
  readonly bytes: Uint8Array;
  readonly transaction: Transaction;
  /** The hash in hexadecimal. */
  readonly id: string;
  /** One text per account and lane. */
  readonly laneName: string;
  readonly calls: readonly Call[];
  /** All signatures that must be valid, that of the transaction first. */
  readonly claims: readonly SignatureClaim[];
};

/** A message with the module that executes it. */
export type Call = {
  readonly module: string;
  readonly type: MessageType<unknown>;
  readonly message: unknown;
};

/** The text that names an account's lane in maps. */
export const laneNameOf = (sender: Address, lane: number): string => `${toHex(sender)} ${lane}`;

/** The block that a transaction is executed in. */
export type BlockContext = { readonly height: bigint; readonly time: bigint };

/** Result of one transaction; a fault is a failure that the module does not name, for the operator to see. */
export type Execution = { readonly receipt: Receipt; readonly fault?: ModuleFault };

/** An error that a module should not have raised. */
export type ModuleFault = { readonly module: string; readonly cause: unknown };

/** What modules do with transactions: the part of the ledger that every engine shares. */
export type Runtime = {
  readonly names: readonly string[];
  /** Throws `chain/…` or an error of the module that refuses a message. */
  read(bytes: Uint8Array): ReadTransaction;
  /** Sets up every module's state. Throws `chain/bad-genesis`. */
  initialise(draft: StateDraft): void;
  /**
   * Executes a valid transaction: the sequence is used up, then all messages take effect or none. Throws only when the
   * store fails.
   */
  execute(draft: StateDraft, read: ReadTransaction, block: BlockContext): Execution;
};

/** The runtime of a chain. Throws `chain/bad-module`. */
export function createRuntime(
  genesis: Genesis,
  modules: readonly Module[],
  options: DecodeOptions = {},
): Runtime {
  const types = registry(modules);
  return {
    names: [ACCOUNTS, ...modules.map((module) => module.name)],
    read: (bytes) => readTransaction(genesis, types, bytes, options),
    initialise: (draft) => initialise(genesis, modules, draft),
    execute: (draft, read, block) => execute(genesis, draft, read, block),
  };
}

type Registry = ReadonlyMap<string, { readonly module: string; readonly type: MessageType<unknown> }>;

function registry(modules: readonly Module[]): Registry {
  const names = new Set([ACCOUNTS]);
  const types = new Map<string, { readonly module: string; readonly type: MessageType<unknown> }>();
  for (const { name, messages } of modules) {
    if (!/^[a-z0-9-]{1,32}$/.test(name)) throw badModule(name, 'expected a-z, 0-9 and hyphen');
    if (names.has(name)) throw badModule(name, 'found the name taken');
    names.add(name);
    for (const [verb, type] of Object.entries(messages)) types.set(`${name}/${verb}`, { module: name, type });
  }
  return types;
}

function readTransaction(
  genesis: Genesis,
  types: Registry,
  bytes: Uint8Array,
  options: DecodeOptions,
): ReadTransaction {
  const transaction = decodeTransaction(bytes, options);
  if (transaction.chainId !== genesis.chainId) {
    throw new ChainError(
      'chain/wrong-chain',
      `transaction refused: found chain ${transaction.chainId}, expected ${genesis.chainId}`,
      { found: transaction.chainId, expected: genesis.chainId },
    );
  }
  const { signer: key, signedBytes: message, signature } = transaction;
  const claims: SignatureClaim[] = [{ key, message, signature, refuse: () => badSignature(transaction) }];
  const calls = transaction.messages.map(({ name, body }): Call => {
    const found = types.get(name);
    if (found === undefined) {
      const shown = name.slice(0, 64);
      throw new ChainError(
        'chain/unknown-message',
        `transaction refused: found message ${shown}, expected one of ${[...types.keys()].join(', ')}`,
        { message: shown },
      );
    }
    const { module, type } = found;
    try {
      const value = type.decode(body);
      type.validate(value, transaction);
      claims.push(...(type.claims?.(value) ?? []));
      return { module, type, message: value };
    } catch (cause) {
      if (!(cause instanceof ProtocolError)) throw cause;
      throw new ChainError(
        'chain/bad-message',
        `transaction refused: found a ${name} that does not read: ${cause.message}`,
        { message: name, reason: cause.message },
        { cause },
      );
    }
  });
  const { hash, sender, lane } = transaction;
  return { bytes, transaction, id: formatTxHash(hash), laneName: laneNameOf(sender, lane), calls, claims };
}

function initialise(genesis: Genesis, modules: readonly Module[], draft: StateDraft): void {
  const unknown = Object.keys(genesis.modules).find(
    (name) => !modules.some((module) => module.name === name),
  );
  if (unknown !== undefined)
    throw badModule(unknown, 'found its section in the genesis, expected the module');
  const { chainId, parameters, time } = genesis;
  for (const module of modules) {
    const section = Object.hasOwn(genesis.modules, module.name) ? genesis.modules[module.name] : undefined;
    module.genesis({ chainId, parameters, time, state: draft.writer(module.name) }, section);
  }
  draft.keep();
}

function execute(
  genesis: Genesis,
  draft: StateDraft,
  { transaction, calls }: ReadTransaction,
  block: BlockContext,
): Execution {
  const { sender, signer, lane, sequence } = transaction;
  // Valid means that it carries the next sequence of its lane.
  setSequence(draft.writer(ACCOUNTS), sender, lane, sequence + 1n);
  draft.keep();
  const events: ChainEvent[] = [];
  for (const { module, type, message } of calls) {
    const context: ExecuteContext = {
      chainId: genesis.chainId,
      parameters: genesis.parameters,
      height: block.height,
      time: block.time,
      sender,
      signer,
      txHash: transaction.hash,
      state: draft.writer(module),
      emit: (eventType, attributes) => events.push({ module, type: eventType, attributes }),
    };
    try {
      type.execute(context, message);
    } catch (error) {
      draft.revert();
      return failed(module, error);
    }
  }
  draft.keep();
  return { receipt: { code: 'ok', log: '', events } };
}

function failed(module: string, error: unknown): Execution {
  if (error instanceof ChainError && STORE_CODES.has(error.code)) throw error;
  if (error instanceof ToolkitError && error.code.startsWith(`${module}/`))
    return { receipt: { code: error.code, log: error.message, events: [] } };
  // The text of a foreign error may differ from platform to platform, so it stays out of the block.
  const log = `module ${module} failed: found an error that it does not name`;
  return { receipt: { code: 'chain/module-fault', log, events: [] }, fault: { module, cause: error } };
}

/** Not the module's doing, and another node would not see them: the block must not be finished. */
const STORE_CODES: ReadonlySet<string> = new Set(['chain/data-damaged', 'chain/store-failed']);

const badSignature = ({ hash }: Transaction): ChainError =>
  new ChainError(
    'chain/bad-signature',
    'transaction refused: found a signature that is not valid, expected one by the key in the payload',
    { hash: formatTxHash(hash) },
  );

const badModule = (module: string, reason: string): ChainError =>
  new ChainError('chain/bad-module', `module ${module.slice(0, 64)} not taken: ${reason}`, {
    module: module.slice(0, 64),
    reason,
  });
