// SPDX-License-Identifier: Apache-2.0
// Opens and uses PC/SC readers as standard input tells, a line of JSON a request, and answers each with one.
// Ends by itself once standard input has ended: a transport that is closed must hold nothing.
import { createInterface } from 'node:readline';
import { openPcsc } from '../../../dist/host/transports/pcsc.js';
import { fromHex, toHex } from '../../../dist/protocol/bytes.js';

const transports = new Map();
const actions = {
  open: async ({ id, reader }) => {
    const transport = await openPcsc(reader);
    transports.set(id, transport);
    return { name: transport.name, atr: toHex(transport.atr) };
  },
  transmit: async ({ id, apdu }) => ({ answer: toHex(await transports.get(id).transmit(fromHex(apdu))) }),
  close: async ({ id }) => {
    await transports.get(id).close();
    return {};
  },
};

createInterface({ input: process.stdin }).on('line', async (line) => {
  const request = JSON.parse(line);
  let reply;
  try {
    reply = await actions[request.action](request);
  } catch (error) {
    reply = { error: { code: error.code, message: error.message, details: error.details ?? {} } };
  }
  process.stdout.write(`${JSON.stringify({ number: request.number, ...reply })}\n`);
});
