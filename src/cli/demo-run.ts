// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createCard, openCardFile } from '../../applet-sim/index.ts';
import type { CertificateAuthority } from '../../host/attestation/issuing-ca.ts';
import { splitCertificates } from '../../host/attestation/stored-chain.ts';
import { type VerifiedAttestation, verifyAttestation } from '../../host/attestation/verify-attestation.ts';
import { type BlockchainSim, openBlockchainSim } from '../../host/clients/blockchain-sim.ts';
import { unsealCardSecrets } from '../../host/provisioning/card-secrets.ts';
import { IDENTITY_KEY_REFERENCE } from '../../host/provisioning/provision-card.ts';
import type { ResponseRow } from '../../host/provisioning/response-file.ts';
import { emulatorTransport } from '../../host/transports/emulator.ts';
import { fromHex, wipe } from '../../protocol/bytes.ts';
import type { Curve } from '../../protocol/crypto/curve.ts';
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
import { type AdminKeys, makeMasterKey, publicTestKeys, readAdminKeys } from './admin-keys.ts';
import { anchorIdentity } from './anchor.ts';
import { provisionBatch } from './batch.ts';
import { cardKey } from './card-key.ts';
import { cardFileOf, emulatedCards } from './card-source.ts';
import { checkDemo } from './demo-check.ts';
import { makeIssuingCa, openIssuingCa } from './issuing-ca.ts';
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
/** Another than the 30 of the public test keys. */
const CARD_KEYS_VERSION = 0x31;

/**
 * The main job, end to end, in a new directory: a chain, an issuer, an order of cards provisioned on it, a card's
 * attestation verified, a transfer that a card signs, a restart of the node, and proofs checked with nothing but the
 * genesis. Throws whatever fails on the way.
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
  const initialKeys = publicTestKeys();

  let running = await timed(
    'start a chain',
    async () => {
      const operator = await makeChain(chain);
      return { operator, ...(await startNode(chain)) };
    },
    ({ url }) => `one node, API at ${url}`,
  );
  const { operator } = running;
  let issuer: Issuer | undefined;
  try {
    issuer = await timed(
      'make the issuer',
      () => makeIssuer(directory, print),
      () => 'root and issuing authority, master key of the cards',
    );
    const { cardKeys, root, authority } = issuer;
    const finished = await timed(
      'provision the order',
      () =>
        provisionBatch(
          {
            order,
            cards,
            source: emulatedCards(cards, initialKeys),
            response: join(cards, 'response.csv'),
            transportKey: publicKey,
            ...{ initialKeys, cardKeys, authority, root },
            binding: [CHAIN_ID],
            resume: false,
            anchor: (holder) => anchorIdentity(running.client, operator, holder),
          },
          print,
        ),
      (rows) => `${rows.length} cards: keys made on them, attested and anchored, PINs sealed`,
    );
    const [payer, payee] = finished as readonly [ResponseRow, ResponseRow];
    await timed(
      'verify an attestation',
      () => withCard(cards, payer, privateKey, (sim) => attestedBy(sim, payer, root)),
      () => `card ${payer.iccid}: its key was made on it, certified up to the root`,
    );
    await timed(
      'fund a card',
      () => pay(running.client, operator, addressOfRow(payer), FUNDED),
      ({ height }) => `100.00 XTS to card ${payer.iccid}, block ${height}`,
    );
    await timed(
      'pay with the card',
      () =>
        withCard(cards, payer, privateKey, async (sim) =>
          pay(
            running.client,
            await cardKey(sim, { key: IDENTITY_KEY_REFERENCE }, print),
            addressOfRow(payee),
            PAID,
          ),
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
    issuer?.cardKeys.wipe();
    initialKeys.wipe();
    await running.close();
  }
}

/** What the issuer of cards has: a certificate authority and a master key. */
type Issuer = {
  readonly cardKeys: AdminKeys;
  readonly root: Uint8Array;
  readonly authority: CertificateAuthority;
};

async function makeIssuer(directory: string, print: Printer): Promise<Issuer> {
  const ca = join(directory, 'ca');
  const { root } = await makeIssuingCa(ca, { root: 'Demo root', issuing: 'Demo CA' });
  const file = join(directory, 'card-keys.json');
  makeMasterKey(file, { version: CARD_KEYS_VERSION, bytes: 32 });
  return { root, authority: openIssuingCa(ca), cardKeys: readAdminKeys(file, print) };
}

/** What a verifier does who has the root only: asks the card with a challenge of its own and checks all of the answer. */
async function attestedBy(
  sim: BlockchainSim,
  { publicKey, curve }: ResponseRow,
  root: Uint8Array,
): Promise<VerifiedAttestation> {
  const challenge = new Uint8Array(randomBytes(32));
  return verifyAttestation({
    attestation: await sim.attest(IDENTITY_KEY_REFERENCE, challenge),
    chain: splitCertificates((await sim.certificates()) ?? new Uint8Array(0)),
    trustAnchors: [root],
    challenge,
    expected: {
      publicKey: parsePublicKey(curve as Curve, fromHex(publicKey)),
      origin: 'generated',
      role: 'identity',
      log: await sim.log(),
    },
  });
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
  addressOf(parsePublicKey(curve as Curve, fromHex(publicKey)));

/** Runs `work` with a card of the batch, its PIN out of the response verified. */
async function withCard<Result>(
  cards: string,
  row: ResponseRow,
  transportKey: string,
  work: (sim: BlockchainSim) => Promise<Result>,
): Promise<Result> {
  const card = createCard({ memory: openCardFile(cardFileOf(cards, row.iccid)) });
  const sim = await openBlockchainSim(emulatorTransport(card));
  const { pin, puk } = await unsealCardSecrets(row.secrets, parseIccid(row.iccid), transportKey);
  try {
    await sim.verify(pin);
    return await work(sim);
  } finally {
    wipe(pin, puk);
    await sim.close();
  }
}
