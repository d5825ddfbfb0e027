// SPDX-License-Identifier: Apache-2.0
// Puts a blank emulated card of the profile given into the virtual reader; takes it out when standard input ends.

import { attachVpcd } from '../../../dist/applet-sim/attach/vpcd.js';
import { createCard } from '../../../dist/applet-sim/index.js';

const [profile] = process.argv.slice(2);
const card = createCard({ profile });
const attachment = attachVpcd(card, { onState: (state) => process.stdout.write(`${state}\n`) });
attachment.closed.then(
  () => process.exit(0),
  (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  },
);
process.stdin.resume();
process.stdin.on('end', () => attachment.close());
