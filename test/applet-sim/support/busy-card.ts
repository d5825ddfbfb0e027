// SPDX-License-Identifier: Apache-2.0
import { writeSync } from 'node:fs';
import { createCard, openCardFile } from '../../../applet-sim/index.ts';
import { fromHex, toUpperHex } from '../../../protocol/bytes.ts';

/*
 * A card that changes its file as fast as it can, until it is killed. Arguments: card file, then the C-APDUs to play in
 * turn, over and over. Each is written to the standard output before it is sent, and its answer after it.
 */
const [path = '', ...commands] = process.argv.slice(2);
const card = createCard({ memory: openCardFile(path) });
const say = (line: string): void => {
  writeSync(1, `${line}\n`);
};

for (;;) {
  for (const command of commands) {
    say(`> ${command}`);
    say(`< ${toUpperHex(card.process(fromHex(command)))}`);
  }
}
