// SPDX-License-Identifier: Apache-2.0
// Holds the card in the reader given for itself until standard input ends, as a program with a transaction open does.
import pcsclite from 'pcsclite';

const [name] = process.argv.slice(2);
const context = pcsclite();
context.on('error', () => {});
context.on('reader', (reader) => {
  if (reader.name !== name) return;
  reader.once('status', () =>
    reader.connect({ share_mode: reader.SCARD_SHARE_EXCLUSIVE }, (error) => {
      process.stdout.write(error ? `${error.message}\n` : 'held\n');
    }),
  );
});
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
