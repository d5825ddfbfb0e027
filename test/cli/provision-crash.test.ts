// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCard, openCardFile } from '../../applet-sim/index.ts';
import { splitCertificates } from '../../host/attestation/stored-chain.ts';
import { verifyAttestation } from '../../host/attestation/verify-attestation.ts';
import { openBlockchainSim } from '../../host/clients/blockchain-sim.ts';
import { unsealCardSecrets } from '../../host/provisioning/card-secrets.ts';
import { parseOrder } from '../../host/provisioning/order-file.ts';
import { emulatorTransport } from '../../host/transports/emulator.ts';
import { toHex } from '../../protocol/bytes.ts';
import { parseIccid } from '../../protocol/identifiers/iccid.ts';
import { createNodeClient } from '../../src/api/client.ts';
import { parseDid } from '../../src/chain/did.ts';
import { readAdminKeys } from '../../src/cli/admin-keys.ts';
import { openWith } from '../../src/cli/administrator.ts';
import { readCaCertificates } from '../../src/cli/issuing-ca.ts';
import { openPrinter } from '../../src/cli/print.ts';
import { trustGenesis } from '../../src/cli/trusted-chain.ts';
import { didKey } from '../../src/modules/identity/index.ts';
import {
  batchOptions,
  bsim,
  bsimCommand,
  bsimJson,
  makeIssuer,
  makeTransportKey,
  type RunningNode,
  startNode,
  temporaryDirectory,
} from '../support/cli.ts';
import { startProcess } from '../support/line-process.ts';

const ORDER = 'fixtures/provisioning/order.csv';
const place = temporaryDirectory();
let node: RunningNode;

beforeAll(async () => {
  makeTransportKey(place.at);
  await makeIssuer(place.at);
  await bsimJson(['node', 'init', place.at('chain')]);
  node = await startNode(place.at('chain'));
}, 60_000);
afterAll(async () => {
  await node?.stop();
  place.remove();
});

describe('a batch killed again and again', () => {
  it('loses no card, makes none twice, and every PIN that it hands over opens its card', async () => {
    const provision = ['provision', ORDER, ...batchOptions(place.at, 'cards'), '--node', node.url];
    let kills = 0;
    let done = false;
    // Each time killed some steps further and at another moment within the step; 20 cards have 100 lines.
    for (let attempt = 0; attempt < 50 && !done; attempt++) {
      const begun = journalLines();
      const resume = begun > 0 ? ['--resume'] : [];
      const child = startProcess('env', bsimCommand([...provision, ...resume]));
      const ended = child.ended(60_000);
      await reached(begun + 1 + (attempt % 5), ended);
      await new Promise((resolve) => setTimeout(resolve, (attempt * 7) % 25));
      child.kill('SIGKILL');
      const { signal, code, stderr } = await ended;
      if (signal === null) expect({ code, stderr }).toMatchObject({ code: 0 });
      if (signal === null) done = true;
      else kills++;
    }
    expect(kills).toBeGreaterThan(10);
    expect(done || (await bsim([...provision, '--resume'])).code === 0).toBe(true);

    const rows = parseOrder(readFileSync(ORDER), ORDER);
    const response = readFileSync(place.at('cards/response.csv'), 'utf8').trim().split('\n').slice(1);
    expect(response.map((line) => line.split(',')[0])).toEqual(rows.map((row) => row.iccid));
    for (const line of response) await requireFinished(line);
  }, 240_000);
});

/** Opens the card of a line of the response, and checks with nothing else than its issuer's files that all is as it says. */
async function requireFinished(line: string): Promise<void> {
  const [text = '', , , publicKey = '', cardSerial = '', did = '', , secrets = ''] = line.split(',');
  const iccid = parseIccid(text);
  const transportKey = readFileSync(place.at('transport.pem'), 'utf8');
  const { pin } = await unsealCardSecrets(secrets, iccid, transportKey);
  const keys = readAdminKeys(place.at('card-keys.json'), openPrinter({ json: true }));
  const card = createCard({ memory: openCardFile(place.at(`cards/${iccid}.card`)) });
  const sim = await openBlockchainSim(emulatorTransport(card));
  try {
    await sim.verify(pin);
    const challenge = new Uint8Array(32).fill(5);
    const verified = await verifyAttestation({
      attestation: await sim.attest(1, challenge),
      chain: splitCertificates((await sim.certificates()) ?? new Uint8Array(0)),
      trustAnchors: [readCaCertificates(place.at('ca')).root],
      challenge,
      expected: { cardSerial, reference: 1, role: 'identity', origin: 'generated', log: await sim.log() },
    });
    expect(toHex(verified.attestation.key.bytes)).toBe(publicKey);
    expect(await sim.keyDirectory()).toHaveLength(1);
    // The card has keys of its own, from the master key and its ICCID.
    await openWith(sim, keys, {});
  } finally {
    await sim.close();
  }
  const trusted = trustGenesis(createNodeClient(node.url), place.at('chain/genesis.json'));
  expect((await trusted.state('identity', didKey(parseDid(did)))).value).toBeDefined();
}

function journalLines(): number {
  try {
    return readFileSync(place.at('cards/batch.journal'), 'utf8').split('\n').length - 1;
  } catch {
    return 0;
  }
}

/** Settles when the journal has so many lines, or the process has ended. */
async function reached(lines: number, ended: Promise<unknown>): Promise<void> {
  let over = false;
  void ended.then(() => {
    over = true;
  });
  while (!over && journalLines() < lines) await new Promise((resolve) => setTimeout(resolve, 1));
}
