// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { projectRoot } from './architecture/project.ts';

// A script of the set-up, in plain JavaScript: its types are these.
const packages = (await import(pathToFileURL(join(projectRoot, 'scripts/python-packages.mjs')).href)) as {
  readonly pythonInterpreter: string;
  readonly hasPythonPackages: () => boolean;
};

/** The interpreter that finds the packages pinned in scripts/python-packages.mjs. */
export const pythonInterpreter = packages.pythonInterpreter;

/** The reason why tests that need these packages cannot run here, or undefined. */
export const pythonUnavailable = (): string | undefined =>
  packages.hasPythonPackages() ? undefined : 'needs the Python packages that npm test installs';
