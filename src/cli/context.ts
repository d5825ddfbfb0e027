// SPDX-License-Identifier: Apache-2.0
import { appendFileSync } from 'node:fs';
import { type BlockchainSim, openBlockchainSim } from '../../host/clients/blockchain-sim.ts';
import { record } from '../../host/layers/record.ts';
import { trace } from '../../host/layers/trace.ts';
import { openTransport, parseReaderUri } from '../../host/open-transport.ts';
import { wipe } from '../../protocol/bytes.ts';
import type { Transport } from '../../protocol/transport.ts';
import { createNodeClient, type NodeClient } from '../api/client.ts';
import { DEFAULT_PORT } from '../api/default-port.ts';
import { type AdministratorOptions, adminKeysFile, openAsAdministrator } from './administrator.ts';
import { openEmulatedCard } from './emulated-card.ts';
import { CliError } from './errors.ts';
import { holderTerminal } from './holder-terminal.ts';
import { writeNewFile } from './new-file.ts';
import { badOption } from './options.ts';
import { openPrinter, type Printer } from './print.ts';
import { isGiven, pinSource, readSecret } from './secret-input.ts';

/** Options that every command takes. */
export type GlobalOptions = {
  readonly reader?: string;
  readonly node?: string;
  readonly json?: true;
  readonly trace?: true;
  readonly record?: string;
};

/** Options of a command that a card does for its holder, or while it is blank for its administrator. */
export type HolderOptions = AdministratorOptions & { readonly pinFile?: string };

/** A transport to a card, and whether the card is emulated in this process. */
export type OpenReader = { readonly transport: Transport; readonly emulated: boolean };

/** A card that a command opened. */
export type OpenCard = OpenReader & { readonly sim: BlockchainSim; close(): Promise<void> };

/** What every command gets: the outside world, wired. */
export type Context = {
  readonly print: Printer;
  /** What --reader names, undefined without it: BSIM_READER is for commands that cannot do without a card. */
  readonly readerOption: string | undefined;
  /** The reader of --reader or BSIM_READER, nothing selected. Throws `cli/bad-option` when neither names one. */
  openReader(): Promise<OpenReader>;
  /** Runs `work` with the key-custody application of the card and closes it, come what may. */
  withCard<Result>(work: (card: OpenCard) => Promise<Result>): Promise<Result>;
  /** As {@link Context.withCard}, with the PIN verified; a blank card has none and is used by its administrator. */
  withHolder<Result>(options: HolderOptions, work: (card: OpenCard) => Promise<Result>): Promise<Result>;
  /** As {@link Context.withCard}, inside a secure channel. Throws `cli/admin-keys-needed`. */
  withAdministrator<Result>(
    options: AdministratorOptions,
    work: (card: OpenCard) => Promise<Result>,
  ): Promise<Result>;
  /** As {@link Context.withAdministrator}, on a personalised card with the PIN verified too. */
  withAdministratorAndHolder<Result>(
    options: HolderOptions,
    work: (card: OpenCard) => Promise<Result>,
  ): Promise<Result>;
  /**
   * As the administrator where keys for it are named, or the card has no PIN to verify; else as the holder, which
   * `work` is told.
   */
  withEither<Result>(
    options: HolderOptions,
    work: (card: OpenCard, isHolder: boolean) => Promise<Result>,
  ): Promise<Result>;
  /** As the holder where PIN, or for a blank card keys, are given without asking; gives `work` whether they were. */
  withHolderIfGiven<Result>(
    options: HolderOptions,
    work: (card: OpenCard, isHolder: boolean) => Promise<Result>,
  ): Promise<Result>;
  /** The node of --node or BSIM_NODE. */
  readonly node: NodeClient;
};

/** Where a node listens when nobody says otherwise. */
const DEFAULT_NODE = `http://127.0.0.1:${DEFAULT_PORT}`;

/** Wires a command's surroundings from its options and the environment. */
export function createContext(options: GlobalOptions): Context {
  const print = openPrinter({ json: options.json === true });
  let isRecording = false;
  /** Writes lines to a new file, which a command that opens the card twice goes on with. */
  const keepLine = (file: string): ((line: string) => void) => {
    if (!isRecording) writeNewFile(file, '', 'transcript');
    isRecording = true;
    return (line) => appendFileSync(file, `${line}\n`);
  };
  const openReader = async (): Promise<OpenReader> => {
    const uri = options.reader ?? process.env.BSIM_READER;
    if (uri === undefined) {
      throw new CliError(
        'cli/bad-option',
        'card not opened: found no reader, expected --reader URI or BSIM_READER, such as emulator:a.card',
        { option: '--reader', reason: 'missing' },
      );
    }
    // Made first: a card that is open when it fails would stay so.
    const keep = options.record === undefined ? undefined : keepLine(options.record);
    const raw = await openTransport(uri, { openEmulator: (file) => openEmulatedCard(file, print) });
    const recorded = keep === undefined ? raw : record(raw, keep);
    const transport =
      options.trace === true ? trace(recorded, (line) => process.stderr.write(`${line}\n`)) : recorded;
    return { transport, emulated: parseReaderUri(uri).scheme === 'emulator' };
  };
  const withCard: Context['withCard'] = async (work) => {
    const { transport, emulated } = await openReader();
    try {
      const sim = await openBlockchainSim(transport, { terminal: holderTerminal(print) });
      return await work({ sim, transport, emulated, close: () => transport.close() });
    } finally {
      await transport.close();
    }
  };
  /** Opens the access that is told; the state of the card decides what of it there is. */
  const administer = (card: OpenCard, given: AdministratorOptions): Promise<number> =>
    openAsAdministrator(card, card.sim, given, print);
  const isBlank = async ({ sim }: OpenCard): Promise<boolean> =>
    (await sim.applicationInformation()).lifeCycle === 'selectable';
  const isPersonalised = async ({ sim }: OpenCard): Promise<boolean> =>
    (await sim.applicationInformation()).lifeCycle === 'personalised';

  return {
    print,
    readerOption: options.reader,
    openReader,
    withCard,
    withHolder: (given, work) =>
      withCard(async (card) => {
        if (await isBlank(card)) await administer(card, given);
        else if (await isPersonalised(card)) await verifyPin(card.sim, given.pinFile);
        return work(card);
      }),
    withAdministrator: (given, work) =>
      withCard(async (card) => {
        await administer(card, given);
        return work(card);
      }),
    withAdministratorAndHolder: (given, work) =>
      withCard(async (card) => {
        await administer(card, given);
        if (await isPersonalised(card)) await verifyPin(card.sim, given.pinFile);
        return work(card);
      }),
    withEither: (given, work) =>
      withCard(async (card) => {
        const isHolder = adminKeysFile(given) === undefined && (await isPersonalised(card));
        if (isHolder) await verifyPin(card.sim, given.pinFile);
        else await administer(card, given);
        return work(card, isHolder);
      }),
    withHolderIfGiven: (given, work) =>
      withCard(async (card) => {
        const isByPin = isGiven(pinSource(given.pinFile)) && (await isPersonalised(card));
        const isByKeys = adminKeysFile(given) !== undefined && (await isBlank(card));
        if (isByPin) await verifyPin(card.sim, given.pinFile);
        else if (isByKeys) await administer(card, given);
        return work(card, isByPin || isByKeys);
      }),
    node: createNodeClient(nodeUrl(options.node ?? process.env.BSIM_NODE ?? DEFAULT_NODE)),
  };
}

function nodeUrl(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw badOption('--node', text, 'a URL such as http://127.0.0.1:26680');
}

/** Reads the PIN and verifies it. Throws as `readSecret` and `BlockchainSim.verify`. */
export async function verifyPin(sim: BlockchainSim, pinFile: string | undefined): Promise<void> {
  const pin = await readSecret(pinSource(pinFile));
  try {
    await sim.verify(pin);
  } finally {
    wipe(pin);
  }
}
