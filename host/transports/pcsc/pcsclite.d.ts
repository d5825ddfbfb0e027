// SPDX-License-Identifier: Apache-2.0

/** What we use of npm `pcsclite`, declared here because the package is optional: the project compiles without it. */
declare module 'pcsclite' {
  const open: import('./native.ts').OpenContext;
  export = open;
}
