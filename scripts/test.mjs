// SPDX-License-Identifier: Apache-2.0
// `npm test`: sets up what the whole suite needs and runs it. With `--strict` nothing may be left out.
import { reportSetUp, runTests, setUpTests, testOptions } from './run-tests.mjs';

const { strict, args } = testOptions();
const failures = reportSetUp(setUpTests(), strict);
process.exitCode = runTests({ strict, args, failures });
