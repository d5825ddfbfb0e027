// SPDX-License-Identifier: Apache-2.0
// Time of one APDU through the host stack and through bare pcsclite, in turns, on the card in the reader given.
// Prints the medians over the rounds in µs, as one line of JSON.
import pcsclite from 'pcsclite';
import { openBlockchainSim, openTransport } from '../../dist/host/index.js';

const ROUNDS = 9;
const APDUS = 1000;
const TURN = 25;
const KEY_DIRECTORY = Buffer.from('00CAFF2100', 'hex');
const LONGEST_SHORT_RESPONSE = 258;

const [name] = process.argv.slice(2);
const sim = await openBlockchainSim(await openTransport(`pcsc:${name}`));

const context = pcsclite();
context.on('error', () => {});
const reader = await new Promise((resolve) => {
  context.on('reader', (each) => {
    if (each.name === name) each.once('status', () => resolve(each));
  });
});
const protocol = await new Promise((resolve, reject) =>
  reader.connect({ share_mode: reader.SCARD_SHARE_SHARED }, (error, chosen) =>
    error ? reject(error) : resolve(chosen),
  ),
);
const raw = () =>
  new Promise((resolve, reject) =>
    reader.transmit(KEY_DIRECTORY, LONGEST_SHORT_RESPONSE, protocol, (error, answer) =>
      error ? reject(error) : resolve(answer),
    ),
  );
const ways = { raw, stack: () => sim.keyDirectory() };

async function microseconds(work) {
  const start = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - start) / 1000;
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** Medians of one round; the two ways take turns often, so that what slows the machine down slows both. */
async function round() {
  const times = { raw: [], stack: [] };
  for (let i = 0; i < APDUS; i += TURN) {
    const inOrder = (i / TURN) % 2 === 0 ? ['raw', 'stack'] : ['stack', 'raw'];
    for (const way of inOrder) for (let k = 0; k < TURN; k++) times[way].push(await microseconds(ways[way]));
  }
  const [bare, whole] = [median(times.raw), median(times.stack)];
  return { raw: bare, stack: whole, ratio: whole / bare };
}

await round();
const rounds = [];
for (let i = 0; i < ROUNDS; i++) rounds.push(await round());
const ratios = rounds.map(({ ratio }) => ratio);
process.stdout.write(
  `${JSON.stringify({
    raw: median(rounds.map((each) => each.raw)),
    stack: median(rounds.map((each) => each.stack)),
    ratio: median(ratios),
    lowest: Math.min(...ratios),
    highest: Math.max(...ratios),
  })}\n`,
);
await sim.close();
await new Promise((resolve) => reader.disconnect(reader.SCARD_LEAVE_CARD, resolve));
context.close();
for (const each of Object.values(context.readers)) each.close();
