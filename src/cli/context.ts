// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { createCard, openCardFile } from '../../applet-sim/index.ts';
import { type BlockchainSim, openBlockchainSim } from '../../host/clients/blockchain-sim.ts';
import { trace } from '../../host/layers/trace.ts';
import { openTransport } from '../../host/open-transport.ts';
import { wipe } from '../../protocol/bytes.ts';
import type { Transport } from '../../protocol/transport.ts';
import { createNodeClient, type NodeClient } from '../api/client.ts';
import { DEFAULT_PORT } from '../api/default-port.ts';
import { CliError } from './errors.ts';
import { badOption } from './options.ts';
import { openPrinter, type Printer } from './print.ts';
import { pinSource, readSecret } from './secret-input.ts';

/** Options that every command takes. */
export type GlobalOptions = {
  readonly reader?: string;
  readonly node?: string;
  readonly json?: true;
  readonly trace?: true;
};

/** A card that a command opened. */
export type OpenCard = { readonly sim: BlockchainSim; readonly transport: Transport; close(): Promise<void> };

/** What every command gets: the outside world, wired. */
export type Context = {
  readonly print: Printer;
  /** The card of --reader or BSIM_READER. Throws `cli/bad-option` when neither names one. */
  openCard(): Promise<OpenCard>;
  /** Runs `work` with the card and closes it, come what may. */
  withCard<Result>(work: (card: OpenCard) => Promise<Result>): Promise<Result>;
  /** As {@link Context.withCard}, with the PIN verified; a blank card has none and is used without. */
  withVerifiedCard<Result>(
    pinFile: string | undefined,
    work: (card: OpenCard) => Promise<Result>,
  ): Promise<Result>;
  /** The node of --node or BSIM_NODE. */
  readonly node: NodeClient;
};

/** Where a node listens when nobody says otherwise. */
const DEFAULT_NODE = `http://127.0.0.1:${DEFAULT_PORT}`;

/** The status words 6581 and 6F00 say no more; the user of an emulated card learns what lies behind them. */
export const tellFault = (cause: unknown): void => {
  process.stderr.write(`emulated card: ${cause instanceof Error ? cause.message : String(cause)}\n`);
};

/** Wires a command's surroundings from its options and the environment. */
export function createContext(options: GlobalOptions): Context {
  const print = openPrinter({ json: options.json === true });
  const openCard = async (): Promise<OpenCard> => {
    const uri = options.reader ?? process.env.BSIM_READER;
    if (uri === undefined) {
      throw new CliError(
        'cli/bad-option',
        'card not opened: found no reader, expected --reader URI or BSIM_READER, such as emulator:a.card',
        { option: '--reader', reason: 'missing' },
      );
    }
    const raw = await openTransport(uri, {
      openEmulator: (file) => {
        if (!existsSync(file)) print.note(`no card file ${file} yet: this is a new blank card`);
        return createCard({ memory: openCardFile(file), onFault: tellFault });
      },
    });
    const transport = options.trace === true ? trace(raw, (line) => process.stderr.write(`${line}\n`)) : raw;
    try {
      return { sim: await openBlockchainSim(transport), transport, close: () => transport.close() };
    } catch (error) {
      await transport.close();
      throw error;
    }
  };
  const withCard: Context['withCard'] = async (work) => {
    const card = await openCard();
    try {
      return await work(card);
    } finally {
      await card.close();
    }
  };
  return {
    print,
    openCard,
    withCard,
    withVerifiedCard: (pinFile, work) =>
      withCard(async (card) => {
        await verifyPin(card.sim, pinFile);
        return work(card);
      }),
    node: createNodeClient(nodeUrl(options.node ?? process.env.BSIM_NODE ?? DEFAULT_NODE)),
  };
}

function nodeUrl(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw badOption('--node', text, 'a URL such as http://127.0.0.1:26680');
}

async function verifyPin(sim: BlockchainSim, pinFile: string | undefined): Promise<void> {
  const { lifeCycle } = await sim.applicationInformation();
  if (lifeCycle !== 'personalised') return;
  const pin = await readSecret(pinSource(pinFile));
  try {
    await sim.verify(pin);
  } finally {
    wipe(pin);
  }
}
