// SPDX-License-Identifier: Apache-2.0
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/*
 * A busy card whose process kills itself at its n-th call of the file system. Arguments: n, then those of busy-card.
 * The deadly call is not made; or, where it would write, it writes half. Output does not count.
 */
const deadly = Number(process.argv.splice(2, 1)[0]);
let calls = 0;

const die = (): never => {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('a process that was killed does not come here');
};

const writeWhole = fs.writeFileSync;
for (const name of ['openSync', 'closeSync', 'fsyncSync', 'renameSync', 'rmSync', 'linkSync'] as const) {
  const real = fs[name] as (...args: unknown[]) => unknown;
  Object.assign(fs, {
    [name]: (...args: unknown[]): unknown => {
      if (++calls === deadly) die();
      return real(...args);
    },
  });
}
fs.writeFileSync = (file, data, options) => {
  if (++calls < deadly || typeof data !== 'string') return writeWhole(file, data, options);
  writeWhole(file, data.slice(0, data.length >> 1), options);
  return die();
};
syncBuiltinESMExports();

await import('./busy-card.ts');
