// SPDX-License-Identifier: Apache-2.0
import { writeSync } from 'node:fs';
import { openCardFile } from '../../../applet-sim/index.ts';
import { toHex } from '../../../protocol/bytes.ts';
import { keySets } from '../../fuzz/corpus.ts';
import { drive } from '../../fuzz/driver.ts';
import { blank } from '../../fuzz/model/state.ts';
import { kindOf, stepOf } from './card-model.ts';
import { story } from './writing-scenes.ts';

/*
 * A card that changes its file as fast as it can, until it is killed. Argument: the card file, which is not there yet. It
 * lives the story over and over. Each C-APDU is written to the standard output before it is sent, and its answer after it.
 */
const [path = ''] = process.argv.slice(2);
const say = (line: string): void => {
  writeSync(1, `${line}\n`);
};
const driver = drive(openCardFile(path), blank('selectable', keySets.slice(0, 1)), kindOf({}), 1, {
  before: (wire) => say(`> ${toHex(wire)}`),
  trace: (_, answer) => say(`< ${toHex(answer)}`),
});

for (;;) for (const act of story) driver.take(stepOf(act, driver));
