// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import { fromHex } from '../../../protocol/bytes.ts';
import type { Signer } from '../../../protocol/signer.ts';
import type { AcceptedJson, ProvenTransactionJson } from '../../api/types.ts';
import { parseAddress } from '../../chain/address.ts';
import { MAX_LANE } from '../../chain/transaction.ts';
import { parseCurrency, transferMessage } from '../../modules/money/index.ts';
import { withAdministratorOptions } from '../administrator.ts';
import { formatAmount, parseAmount } from '../amount.ts';
import { cardKey, type KeyOptions } from '../card-key.ts';
import type { HolderOptions } from '../context.ts';
import { describeMessages } from '../describe-messages.ts';
import { readOperatorKey } from '../operator-key.ts';
import { integerOption, keyOption } from '../options.ts';
import { facts } from '../print.ts';
import { action } from '../run.ts';
import { sendTransaction, sendTransactionOnly } from '../send-transaction.ts';
import { openTrustedChain } from '../trusted-chain.ts';

type SendOptions = HolderOptions &
  KeyOptions & {
    readonly to: string;
    readonly amount: string;
    readonly currency: string;
    readonly lane: number;
    readonly operatorKey?: string;
    readonly wait: boolean;
  };

/** `bsim tx`: transactions. */
export function registerTransaction(program: Command): void {
  const transaction = program.command('tx').description('transactions');
  registerSend(transaction);

  transaction
    .command('show')
    .description('show a transaction; with --genesis its place in the chain is proven')
    .argument('<hash>', 'hash of the transaction, 64 hexadecimal digits')
    .option('--genesis <file>', 'genesis file that is trusted (or BSIM_GENESIS)')
    .action(
      action(async ({ print, node }, options: { readonly genesis?: string }, hash: string) => {
        const shown = await node.transaction(hash);
        if (shown.state === 'pending') return printTransaction(print, shown, false);
        const trusted = openTrustedChain(node, options.genesis);
        printTransaction(print, trusted?.transaction(hash, shown) ?? shown, trusted !== undefined);
      }),
    );

  transaction
    .command('wait')
    .description('wait until a transaction is in a block')
    .argument('<hash>', 'hash of the transaction, 64 hexadecimal digits')
    .option('--seconds <number>', 'longest wait', integerOption('--seconds', 1, 60), 30)
    .action(
      action(async ({ print, node }, options: { readonly seconds: number }, hash: string) => {
        printTransaction(print, await node.transaction(hash, options.seconds), false);
      }),
    );
}

function registerSend(transaction: Command): void {
  const command = transaction
    .command('send')
    .description('send money, signed by a key of the card or by an operator key')
    .requiredOption('--to <address>', 'who is paid, bsim1…')
    .requiredOption('--amount <amount>', 'amount in major units, such as 12.50')
    .option('--currency <code>', 'currency', 'XTS')
    .option('--key <reference>', 'key slot, 1 to 16', keyOption, 1)
    .option('--path <path>', "key of a wallet, such as m/44'/60'/0'/0/0")
    .option(
      '--operator-key <file>',
      'pay from the account of this key file instead, PEM, such as operator.pem',
    )
    .option('--lane <number>', 'parallel sequence of the sender', integerOption('--lane', 0, MAX_LANE), 0)
    .option('--no-wait', 'return as soon as the node has it, before it is durable')
    .option('--pin-file <file>', 'file whose first line is the PIN');
  withAdministratorOptions(command).action(
    action(async ({ print, node, withHolder }, options: SendOptions) => {
      const to = parseAddress(options.to);
      const { minorUnitDigits } = await node.currency(options.currency);
      const amount = parseAmount(options.amount, minorUnitDigits);
      const currency = parseCurrency(options.currency);
      const send = async (signer: Signer): Promise<void> => {
        const messages = async () => [transferMessage({ to, currency, amount })];
        const { lane } = options;
        const sent = options.wait
          ? await sendTransaction(node, signer, messages, { lane })
          : await sendTransactionOnly(node, signer, messages, { lane });
        print.result({ ...sent, to: options.to, currency, amount }, () =>
          facts([
            ['transaction', sent.hash],
            ['paid', `${formatAmount(amount, minorUnitDigits)} ${currency} to ${options.to}`],
            ['height', sent.state === 'committed' ? sent.height : 'not yet in a block; see bsim tx wait'],
          ]),
        );
      };
      if (options.operatorKey !== undefined) return send(readOperatorKey(options.operatorKey));
      await withHolder(options, async ({ sim }) => send(await cardKey(sim, options, print)));
    }),
  );
}

function printTransaction(
  print: { result(value: unknown, text: () => string): void },
  shown: AcceptedJson | ProvenTransactionJson,
  proven: boolean,
): void {
  print.result({ ...shown, proven }, () =>
    shown.state === 'pending'
      ? facts([
          ['transaction', shown.hash],
          ['state', 'pending'],
        ])
      : facts([
          ['transaction', shown.hash],
          [
            'state',
            `in block ${shown.height}, place ${shown.index}${proven ? ', proven from the genesis' : ''}`,
          ],
          ['sender', shown.sender],
          ['result', shown.receipt.code === 'ok' ? 'ok' : `${shown.receipt.code}: ${shown.receipt.log}`],
          ...describeMessages(fromHex(shown.transaction)),
        ]),
  );
}
