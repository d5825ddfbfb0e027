// SPDX-License-Identifier: Apache-2.0
import { apduPage } from './apdu-page.ts';
import { errorsPage } from './errors-page.ts';

/** Text of every generated page, by its path from the project root. */
export const pages = (): Readonly<Record<string, string>> => ({
  'docs/apdu.md': apduPage(),
  'docs/errors.md': errorsPage(),
});
