// SPDX-License-Identifier: Apache-2.0
// Prints the PC/SC readers as one line of JSON, or the error; with a folder, the host stack that is in it is used.
const [folder = new URL('../../../dist', import.meta.url).pathname] = process.argv.slice(2);
const { listPcscReaders } = await import(`${folder}/host/transports/pcsc.js`);
const result = await listPcscReaders().then(
  (readers) => ({ readers: readers.map(({ name, atr }) => ({ name, card: atr !== undefined })) }),
  ({ code, message, details, remedy }) => ({ error: { code, message, details, remedy } }),
);
process.stdout.write(`${JSON.stringify(result)}\n`);
