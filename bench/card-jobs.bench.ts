// SPDX-License-Identifier: Apache-2.0
import { bench, describe, vi } from 'vitest';
import { type Card, type CardOptions, createCard } from '../applet-sim/index.ts';
import { type BlockchainSim, openBlockchainSim } from '../host/clients/blockchain-sim.ts';
import type { Terminal } from '../host/layers/proactive.ts';
import { emulatorTransport } from '../host/transports/emulator.ts';
import { POLICY_FLAG } from '../protocol/commands/blockchain-sim/key-policy.ts';
import { personalisation, testCard, testKeys } from '../test/support/cards.ts';
import { transferOf } from '../test/support/transactions.ts';

/*
 * On silicon a user waits for APDUs and for multiplications of points: about 150 ms each of the latter. Both are counted
 * here for whole jobs, the multiplications while the card carries out a command and not while the host verifies.
 */

type Count = { apdus: number; multiplications: number };

let counting: Count | undefined;

/** The emulator's own functions, each of which multiplies one point, and a count of their calls. */
vi.mock('../applet-sim/runtime/crypto.ts', async (importOriginal) => {
  const crypto = await importOriginal<typeof import('../applet-sim/runtime/crypto.ts')>();
  const counted =
    <Arguments extends readonly unknown[], Result>(work: (...given: Arguments) => Result) =>
    (...given: Arguments): Result => {
      if (counting !== undefined) counting.multiplications++;
      return work(...given);
    };
  return {
    ...crypto,
    generateKeyPair: counted(crypto.generateKeyPair),
    publicPointOf: counted(crypto.publicPointOf),
    sign: counted(crypto.sign),
    agree: counted(crypto.agree),
  };
});

/** The card, whose commands are counted. */
function counted(card: Card, count: Count): Card {
  return {
    ...card,
    process: (apdu) => {
      count.apdus++;
      counting = count;
      try {
        return card.process(apdu);
      } finally {
        counting = undefined;
      }
    },
  };
}

const yes: Terminal = { displayText: async () => 'ok', getInkey: async () => 'yes' };
const confirmed = { flags: POLICY_FLAG.transactions | POLICY_FLAG.confirmation, messageTypes: [] };
const path = [0x8000_002c, 0x8000_0001, 0x8000_0000, 0, 0];
const challenge = new Uint8Array(32).fill(7);
/** As long as two certificates of the issuing CA are. */
const certificates = new Uint8Array(800).fill(0x30);

/** A card with keys: 1 identity, 2 wallet, 3 identity whose transactions are confirmed; personalised. */
async function issued(options: CardOptions): Promise<Card> {
  const card = createCard(options);
  const sim = await openBlockchainSim(emulatorTransport(card));
  await sim.openSecureChannel(testKeys());
  await sim.generateKeyPair(1, 'P-256');
  await sim.generateKeyPair(2, 'secp256k1', { role: 'wallet' });
  await sim.generateKeyPair(3, 'P-256', { policy: confirmed });
  await sim.generateAttestationKey();
  await sim.storeData(personalisation());
  return card;
}

/** A job from the first command on. */
async function job(
  card: Card,
  work: (sim: BlockchainSim) => Promise<unknown>,
  terminal?: Terminal,
): Promise<Count> {
  const count: Count = { apdus: 0, multiplications: 0 };
  const options = terminal === undefined ? {} : { terminal };
  await work(await openBlockchainSim(emulatorTransport(counted(card, count)), options));
  return count;
}

const plain = await issued({});
const asking = await issued({ confirmation: 'terminal' });
const keyOf = async (card: Card, reference: number, at?: readonly number[]) => {
  const sim = await openBlockchainSim(emulatorTransport(card));
  await sim.verify(testCard.pin);
  return sim.readPublicKey(reference, at === undefined ? {} : { path: at });
};
const transactions = {
  identity: transferOf(await keyOf(plain, 1)),
  wallet: transferOf(await keyOf(plain, 2, path)),
  byPin: transferOf(await keyOf(plain, 3)),
  byTerminal: transferOf(await keyOf(asking, 3)),
};

const jobs: Readonly<Record<string, () => Promise<Count>>> = {
  'open, PIN, sign a transaction': () =>
    job(plain, async (sim) => {
      await sim.verify(testCard.pin);
      await sim.signTransaction(1, transactions.identity);
    }),
  'the same with a key of a wallet, 3 levels hardened and 2 not': () =>
    job(plain, async (sim) => {
      await sim.verify(testCard.pin);
      await sim.signTransaction(2, transactions.wallet, { path });
    }),
  'the same, confirmed with the PIN': () =>
    job(plain, async (sim) => {
      await sim.verify(testCard.pin);
      await sim.signTransaction(3, transactions.byPin, { confirm: async () => testCard.pin.slice() });
    }),
  'the same, confirmed on the terminal': () =>
    job(
      asking,
      async (sim) => {
        await sim.verify(testCard.pin);
        await sim.signTransaction(3, transactions.byTerminal);
      },
      yes,
    ),
  'attest a key': () =>
    job(plain, async (sim) => {
      await sim.verify(testCard.pin);
      await sim.attest(1, challenge);
    }),
  'blank card to attested identity, personalised': () =>
    job(createCard(), async (sim) => {
      await sim.openSecureChannel(testKeys());
      await sim.generateAttestationKey();
      await sim.generateKeyPair(1, 'P-256');
      await sim.putCertificates(certificates);
      await sim.attest(1, challenge);
      await sim.storeData(personalisation());
    }),
};

for (const [title, work] of Object.entries(jobs)) {
  const { apdus, multiplications } = await work();
  process.stdout.write(`${title}: ${apdus} APDUs, ${multiplications} multiplications of points\n`);
}

describe('jobs of a user, host and emulated card in one process', () => {
  for (const [title, work] of Object.entries(jobs))
    bench(title, async () => {
      await work();
    });
});
