// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import { ToolkitError } from '../../protocol/error-table.ts';
import { type Context, createContext, type GlobalOptions } from './context.ts';
import { exitCodeOf } from './exit-codes.ts';
import { printError } from './print.ts';

/**
 * Makes a commander action of a command's work: wires the context, passes options and then arguments, prints an error
 * in its place and sets the exit code.
 */
export const action =
  <Options, Arguments extends readonly unknown[]>(
    work: (context: Context, options: Options, ...args: Arguments) => Promise<void>,
  ) =>
  async (...given: unknown[]): Promise<void> => {
    const command = given.at(-1) as Command;
    const globals = command.optsWithGlobals<GlobalOptions>();
    try {
      await work(
        createContext(globals),
        given.at(-2) as Options,
        ...(given.slice(0, -2) as unknown as Arguments),
      );
    } catch (error) {
      reportFailure(error, globals.json === true);
    }
  };

/** Prints an error and sets the exit code that docs/errors.md gives for it. */
export function reportFailure(error: unknown, json: boolean): void {
  printError(error, { json });
  process.exitCode = error instanceof ToolkitError ? exitCodeOf(error.code) : 1;
}
