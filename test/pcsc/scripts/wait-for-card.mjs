// SPDX-License-Identifier: Apache-2.0
// Ends well once the daemon sees a card, or none, in the reader given; a reader that is gone holds none.
import { setTimeout as sleep } from 'node:timers/promises';
import { listPcscReaders } from '../../../dist/host/transports/pcsc.js';

const [name, wanted] = process.argv.slice(2);

async function state() {
  try {
    const reader = (await listPcscReaders()).find((each) => each.name === name);
    return reader?.atr === undefined ? 'absent' : 'present';
  } catch (error) {
    if (error.code === 'card/driver-missing') return 'absent';
    throw error;
  }
}

for (let i = 0; i < 100; i++) {
  if ((await state()) === wanted) process.exit(0);
  await sleep(50);
}
process.exit(1);
