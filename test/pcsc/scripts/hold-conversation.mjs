// SPDX-License-Identifier: Apache-2.0
// Holds the card of the reader given for itself and answers each line of standard input, {"apdu"} or {"reset"} in JSON,
// with one. Ends by itself once standard input has ended.
import { createInterface } from 'node:readline';
import pcsclite from 'pcsclite';
import { watchReaders } from '../../../dist/host/transports/pcsc/readers.js';
import { commandTpdu } from '../../../dist/host/transports/t0.js';

const RESPONSE_MAX = 65_538;
const [name] = process.argv.slice(2);
const watch = await watchReaders(pcsclite);
const native = watch.readers.find((reader) => reader.name === name)?.native;
if (native === undefined) throw new Error(`no reader ${name}`);

const asked = (ask) =>
  new Promise((resolve, reject) => ask((error, result) => (error ? reject(error) : resolve(result))));
const connect = () =>
  asked((done) =>
    native.connect(
      {
        share_mode: native.SCARD_SHARE_EXCLUSIVE,
        protocol: native.SCARD_PROTOCOL_T0 | native.SCARD_PROTOCOL_T1,
      },
      done,
    ),
  );
const disconnect = (disposition) => asked((done) => native.disconnect(disposition, done));

let protocol = await connect();

async function reply({ apdu, reset }) {
  if (reset) {
    await disconnect(native.SCARD_RESET_CARD);
    protocol = await connect();
    return {};
  }
  const bytes = Buffer.from(apdu, 'hex');
  const tpdu = protocol === native.SCARD_PROTOCOL_T0 ? Buffer.from(commandTpdu(bytes)) : bytes;
  const answer = await asked((done) => native.transmit(tpdu, RESPONSE_MAX, protocol, done));
  return { answer: answer.toString('hex') };
}

process.stdout.write('connected\n');
for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    answer = await reply(JSON.parse(line));
  } catch (error) {
    answer = { error: error.message };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
await disconnect(native.SCARD_RESET_CARD);
watch.close();
