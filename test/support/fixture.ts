// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from './architecture/project.ts';

/** The JSON of a file below `fixtures/`; the caller names its type, which the file's own test proves. */
export const readFixture = <T>(path: string): T =>
  JSON.parse(readFileSync(join(projectRoot, 'fixtures', path), 'utf8')) as T;
