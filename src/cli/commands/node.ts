// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { toHex } from '../../../protocol/bytes.ts';
import { DEFAULT_PORT } from '../../api/default-port.ts';
import { addressOf, formatAddress, parseAddress } from '../../chain/address.ts';
import { parseChainId } from '../../chain/chain-id.ts';
import { initNode, openNode } from '../../chain/node.ts';
import { modules } from '../../modules/index.ts';
import { money, moneyGenesis, parseCurrency } from '../../modules/money/index.ts';
import { formatAmount, parseAmount } from '../amount.ts';
import { makeDirectory } from '../make-directory.ts';
import { makeOperatorKey, readOperatorKey } from '../operator-key.ts';
import { badOption, integerOption } from '../options.ts';
import { facts, type Printer } from '../print.ts';
import { action } from '../run.ts';
import { untilInterrupted } from '../until-interrupted.ts';

type StartOptions = { readonly host: string; readonly port: number };

type InitOptions = {
  readonly chainId: string;
  readonly currency: string;
  readonly minorUnitDigits: number;
  readonly supply: string;
  readonly mint?: readonly string[];
};

/** `bsim node`: a node of the chain. */
export function registerNode(program: Command): void {
  const node = program.command('node').description('a node of the chain');
  registerInit(node);

  node
    .command('start')
    .description('run the node of a directory and serve its API until Ctrl-C')
    .argument('<directory>', 'directory that bsim node init made')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option(
      '--port <port>',
      'port to listen on; 0 lets the system choose',
      integerOption('--port', 0, 65535),
      DEFAULT_PORT,
    )
    .action(
      action(({ print }, options: StartOptions, directory: string) => serve(print, directory, options)),
    );

  node
    .command('status')
    .description('show where the chain of a running node stands')
    .action(
      action(async ({ print, node: client }) => {
        const status = await client.status();
        print.result(status, () =>
          facts([
            ['node', client.url],
            ['chain', status.chainId],
            ['genesis', status.genesisHash],
            ['height', status.height],
            ['time', new Date(Number(status.time)).toISOString()],
            ['state root', status.stateRoot],
            ['modules', status.modules.join(', ')],
            ['waiting', `${status.mempool.transactions} transactions`],
          ]),
        );
      }),
    );

  node
    .command('verify')
    .description('execute every block of a stopped node again from the genesis and compare all roots')
    .argument('<directory>', 'directory of the node')
    .action(
      action(async ({ print }, _options: object, directory: string) => {
        const stopped = await openNode({ directory, modules });
        try {
          const total = Number(stopped.status().height);
          const bar = print.progress('verifying', total);
          const report = await stopped.verifyChain({
            onProgress: (height) => bar.advance(`height ${height}`),
          });
          bar.done(`${total} blocks verified`);
          print.result(report, () =>
            facts([
              ['height', String(report.height)],
              ['transactions', String(report.transactions)],
              ['state root', toHex(report.stateRoot)],
              ['result', 'a replay from the genesis gives the same roots'],
            ]),
          );
        } finally {
          await stopped.close();
        }
      }),
    );
}

/** Serves until interrupted; a node that can go on no more ends with the error that stopped it. */
async function serve(print: Printer, directory: string, { host, port }: StartOptions): Promise<void> {
  // Loaded here: every other command would pay for the HTTP server at its start.
  const { serveApi } = await import('../../api/server.ts');
  const running = await openNode({ directory, modules });
  try {
    const onFault = (error: unknown): void => print.note(`fault: ${String(error)}`);
    const api = await serveApi(running, { host, port, onFault });
    const { chainId, height } = running.status();
    print.result(
      { url: api.url, chainId, height },
      () => `chain ${chainId} at height ${height}, API at ${api.url}; Ctrl-C ends it`,
    );
    const failure = await Promise.race([running.failed, untilInterrupted()]);
    await api.close();
    if (failure !== undefined) throw failure;
  } finally {
    await running.close();
  }
}

function registerInit(node: Command): void {
  node
    .command('init')
    .description(
      'make the directory of a new chain with one producer: genesis.json, producer.pem, operator.pem',
    )
    .argument('<directory>', 'new directory')
    .option('--chain-id <id>', 'name of the chain, a-z, 0-9 and hyphen', 'bsim-test')
    .option('--currency <code>', 'ISO 4217 code of its currency; XTS is the code for tests', 'XTS')
    .option(
      '--minor-unit-digits <number>',
      'digits after the point',
      integerOption('--minor-unit-digits', 0, 18),
      2,
    )
    .option('--supply <amount>', 'amount that the operator key of operator.pem gets', '1000000')
    .option(
      '--mint <address=amount...>',
      'give these accounts their amounts instead, and make no operator.pem',
    )
    .action(
      action(async ({ print }, options: InitOptions, directory: string) => {
        const chainId = parseChainId(options.chainId);
        const code = parseCurrency(options.currency);
        const { minorUnitDigits } = options;
        const minted = options.mint?.map((text) => mintOf(text, minorUnitDigits));
        const supply = parseAmount(options.supply, minorUnitDigits, '--supply');
        makeDirectory(directory);
        const operator = minted === undefined ? newOperator(directory) : undefined;
        const balances = minted ?? [[operator as string, supply] as const];
        const section = moneyGenesis([{ code, minorUnitDigits, balances: Object.fromEntries(balances) }]);
        const genesis = await initNode(directory, { chainId, modules: { [money.name]: section } });
        print.result({ directory, chainId, genesisHash: genesis.hash, operator: operator ?? null }, () =>
          [
            facts([
              ['chain', chainId],
              ['genesis', toHex(genesis.hash)],
              ...balances.map(([address, amount]): [string, string] => [
                'minted',
                `${formatAmount(amount, minorUnitDigits)} ${code} to ${address}`,
              ]),
            ]),
            `start it: bsim node start ${directory}`,
          ].join('\n'),
        );
      }),
    );
}

/** Address of a new operator key in the directory; a directory that has a genesis is left to initNode to refuse. */
function newOperator(directory: string): string {
  const taken = existsSync(join(directory, 'genesis.json'));
  const file = join(directory, 'operator.pem');
  const signer = taken ? readOperatorKey(file) : makeOperatorKey(file);
  return formatAddress(addressOf(signer.publicKey));
}

function mintOf(text: string, minorUnitDigits: number): [string, bigint] {
  const [address = '', amount] = text.split('=');
  if (amount === undefined) throw badOption('--mint', text, 'ADDRESS=AMOUNT');
  return [formatAddress(parseAddress(address)), parseAmount(amount, minorUnitDigits, '--mint')];
}
