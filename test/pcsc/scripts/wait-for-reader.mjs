// SPDX-License-Identifier: Apache-2.0
// Ends well once the daemon listens and its virtual reader waits for a card.
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const VPCD_PORT = (35963).toString(16).toUpperCase();
const LISTEN = '0A';
const listens = () =>
  readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .some((line) => line.includes(`:${VPCD_PORT} `) && line.split(/\s+/)[4] === LISTEN);

for (let i = 0; i < 200 && !(existsSync('/run/pcscd/pcscd.comm') && listens()); i++) await sleep(50);
process.exit(listens() ? 0 : 1);
