// SPDX-License-Identifier: Apache-2.0
import { apduPage } from './apdu-page.ts';
import { cardPage } from './differences.ts';
import { errorsPage } from './errors-page.ts';
import { firmwareConstants } from './firmware-constants.ts';

/** Text of every generated page, by its path from the project root. */
export const pages = (): Readonly<Record<string, string>> => ({
  'docs/apdu.md': apduPage(),
  'docs/card.md': cardPage(),
  'docs/errors.md': errorsPage(),
  'firmware/applet/src/main/java/bsim/card/Protocol.java': firmwareConstants(),
});
