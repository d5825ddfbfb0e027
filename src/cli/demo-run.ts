// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { createCard, openCardFile } from '../../applet-sim/index.ts';
import { openBlockchainSim } from '../../host/clients/blockchain-sim.ts';
import { unsealCardSecrets } from '../../host/provisioning/card-secrets.ts';
import { IDENTITY_KEY_REFERENCE } from '../../host/provisioning/provision-card.ts';
import type { ResponseRow } from '../../host/provisioning/response-file.ts';
import { emulatorTransport } from '../../host/transports/emulator.ts';
import { fromHex, wipe } from '../../protocol/bytes.ts';
import { parsePublicKey } from '../../protocol/crypto/public-key.ts';
import { parseIccid } from '../../protocol/identifiers/iccid.ts';
import type { Signer } from '../../protocol/signer.ts';
import { createNodeClient, type NodeClient } from '../api/client.ts';
import { serveApi } from '../api/server.ts';
import { type Address, addressOf, formatAddress } from '../chain/address.ts';
import { type ChainId, parseChainId } from '../chain/chain-id.ts';
import { generatePrivateKeyPem, signerOfPem } from '../chain/crypto/node-signer.ts';
import { didOf, parseDid } from '../chain/did.ts';
import { initNode, openNode } from '../chain/node.ts';
import { modules } from '../modules/index.ts';
import {
  type Currency,
  money,
  moneyGenesis,
  parseCurrency,
  transferMessage,
} from '../modules/money/index.ts';
import { anchorIdentity } from './anchor.ts';
import { cardFileOf, provisionBatch } from './batch.ts';
import { cardKey } from './card-key.ts';
import { checkDemo } from './demo-check.ts';
import { makeDirectory } from './make-directory.ts';
import { makeOperatorKey } from './operator-key.ts';
import type { Printer } from './print.ts';
import { sendTransaction } from './send-transaction.ts';
import { trustGenesis } from './trusted-chain.ts';

/** One step of the main job as it went. */
export type DemoStep = { readonly step: string; readonly result: string; readonly milliseconds: number };

/** What the main job left behind. */
export type DemoOutcome = {
  readonly steps: readonly DemoStep[];
  readonly firstCard: string;
  readonly did: string;
};

const CHAIN_ID: ChainId = parseChainId('bsim-demo');
const CURRENCY: Currency = parseCurrency('XTS');
const SUPPLY = 100_000_000n;
const FUNDED = 10_000n;
const PAID = 1_250n;

/**
 * The main job, end to end, in a new directory: a chain, an order of cards provisioned on it, a transfer that a card
 * signs, a restart of the node, and proofs checked with nothing but the genesis. Throws whatever fails on the way.
 */
export async function runDemo(directory: string, order: string, print: Printer): Promise<DemoOutcome> {
  const steps: DemoStep[] = [];
  const timed = async <Result>(
    step: string,
    work: () => Promise<Result>,
    tell: (result: Result) => string,
  ) => {
    const begun = performance.now();
    const result = await work();
    steps.push({ step, result: tell(result), milliseconds: Math.round(performance.now() - begun) });
    return result;
  };
  const chain = join(directory, 'chain');
  const cards = join(directory, 'cards');
  const { publicKey, privateKey } = generateTransportKey();

  let running = await timed(
    'start a chain',
    async () => {
      const operator = await makeChain(chain);
      return { operator, ...(await startNode(chain)) };
    },
    ({ url }) => `one node, API at ${url}`,
  );
  const { operator } = running;
  try {
    const finished = await timed(
      'provision the order',
      () =>
        provisionBatch(
          {
            order,
            cards,
            response: join(cards, 'response.csv'),
            transportKey: publicKey,
            binding: [CHAIN_ID],
            resume: false,
            anchor: (holder) => anchorIdentity(running.client, operator, holder),
          },
          print,
        ),
      (rows) => `${rows.length} cards, keys made on them, identities anchored, PINs sealed`,
    );
    const [payer, payee] = finished as readonly [ResponseRow, ResponseRow];
    await timed(
      'fund a card',
      () => pay(running.client, operator, addressOfRow(payer), FUNDED),
      ({ height }) => `100.00 XTS to card ${payer.iccid}, block ${height}`,
    );
    await timed(
      'pay with the card',
      () =>
        withCardSigner(cards, payer, privateKey, (signer) =>
          pay(running.client, signer, addressOfRow(payee), PAID),
        ),
      ({ height }) => `12.50 XTS signed by the card after its PIN, block ${height}`,
    );
    running = await timed(
      'restart the node',
      async () => {
        await running.close();
        return { operator, ...(await startNode(chain)) };
      },
      () => 'stopped, opened again from disk',
    );
    await timed(
      'check with a light client',
      () =>
        checkDemo(trustGenesis(running.client, join(chain, 'genesis.json')), {
          anchored: parseDid(payer.did),
          absent: didOf(CHAIN_ID, addressOf(signerOfPem(generatePrivateKeyPem('P-256')).publicKey)),
          currency: CURRENCY,
          balances: [
            [addressOfRow(payer), FUNDED - PAID],
            [addressOfRow(payee), PAID],
          ],
        }),
      (height) => `identity, balances and an absence proven at height ${height}`,
    );
    return { steps, firstCard: cardFileOf(cards, payer.iccid), did: payer.did };
  } finally {
    await running.close();
  }
}

function generateTransportKey(): { readonly publicKey: string; readonly privateKey: string } {
  return generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
}

async function makeChain(directory: string): Promise<Signer> {
  makeDirectory(directory);
  const operator = makeOperatorKey(join(directory, 'operator.pem'));
  const balances = { [formatAddress(addressOf(operator.publicKey))]: SUPPLY };
  await initNode(directory, {
    chainId: CHAIN_ID,
    modules: { [money.name]: moneyGenesis([{ code: CURRENCY, minorUnitDigits: 2, balances }]) },
  });
  return operator;
}

async function startNode(
  directory: string,
): Promise<{ url: string; client: NodeClient; close(): Promise<void> }> {
  const node = await openNode({ directory, modules });
  const api = await serveApi(node, { port: 0 });
  const close = async (): Promise<void> => {
    await api.close();
    await node.close();
  };
  return { url: api.url, client: createNodeClient(api.url), close };
}

const pay = (client: NodeClient, signer: Signer, to: Address, amount: bigint) =>
  sendTransaction(client, signer, async () => [transferMessage({ to, currency: CURRENCY, amount })]);

const addressOfRow = ({ curve, publicKey }: ResponseRow): Address =>
  addressOf(parsePublicKey(curve as Parameters<typeof parsePublicKey>[0], fromHex(publicKey)));

async function withCardSigner<Result>(
  cards: string,
  row: ResponseRow,
  transportKey: string,
  work: (signer: Signer) => Promise<Result>,
): Promise<Result> {
  const card = createCard({ memory: openCardFile(cardFileOf(cards, row.iccid)) });
  const sim = await openBlockchainSim(emulatorTransport(card));
  const { pin, puk } = await unsealCardSecrets(row.secrets, parseIccid(row.iccid), transportKey);
  try {
    await sim.verify(pin);
    return await work(await cardKey(sim, IDENTITY_KEY_REFERENCE));
  } finally {
    wipe(pin, puk);
    await sim.close();
  }
}
