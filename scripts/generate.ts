// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pages } from './pages/index.ts';

// `npm run generate`, from the project root: writes every page of docs/ that is made from the code.
for (const [path, text] of Object.entries(pages())) {
  writeFileSync(join(process.cwd(), path), text);
  process.stdout.write(`${path}\n`);
}
