// SPDX-License-Identifier: Apache-2.0
// `npm run build`: compiles to dist/, and installs the compiler first where it is missing.
import { ensureBuilt, ensureDependencies, orExit } from './set-up.mjs';

orExit(ensureDependencies());
orExit(ensureBuilt());
