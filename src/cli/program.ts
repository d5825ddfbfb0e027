// SPDX-License-Identifier: Apache-2.0
import { Command, CommanderError } from 'commander';
import { registerApdu } from './commands/apdu.ts';
import { registerCa } from './commands/ca.ts';
import { registerCard } from './commands/card.ts';
import { registerDemo } from './commands/demo.ts';
import { registerEmulator } from './commands/emulator.ts';
import { registerIdentity } from './commands/identity.ts';
import { registerKey } from './commands/key.ts';
import { registerNode } from './commands/node.ts';
import { registerPin } from './commands/pin.ts';
import { registerProvision } from './commands/provision.ts';
import { registerReader } from './commands/reader.ts';
import { registerResponse } from './commands/response.ts';
import { registerSign } from './commands/sign.ts';
import { registerTransaction } from './commands/transaction.ts';
import { CliError } from './errors.ts';
import { reportFailure } from './run.ts';

/** How the command line is run. */
export type RunOptions = {
  /** Version of the package. */
  readonly version: string;
};

/** Runs `bsim` with these arguments, to its end; the exit code is in `process.exitCode`. */
export async function runBsim(args: readonly string[], { version }: RunOptions): Promise<void> {
  const json = args.includes('--json');
  const program = createProgram(version);
  inheritSettings(program, json);
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    // Commander has printed help or what was wrong with the arguments already.
    if (!(error instanceof CommanderError)) reportFailure(error, json);
    else if (error.exitCode !== 0) reportUsage(error, json);
  }
}

function createProgram(version: string): Command {
  const program = new Command('bsim')
    .description(
      'Blockchain SIM toolkit: cards that keep signing keys, and the ledger their identities are anchored on',
    )
    .version(version)
    .option('--reader <uri>', 'card reader: pcsc:NAME, tcp:HOST:PORT or emulator:FILE (or BSIM_READER)')
    .option('--node <url>', 'node to talk to (or BSIM_NODE; http://127.0.0.1:26680 when left out)')
    .option('--json', 'one JSON value on standard output, errors as JSON on standard error')
    .option('--trace', 'show every APDU on standard error, secrets masked')
    .option('--record <file>', 'keep every APDU in a new file as bsim apdu replay takes it, secrets masked')
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 fault, 2 bad input, 3 card, 4 chain, 5 environment (docs/errors.md).',
    )
    .exitOverride();

  for (const register of [
    registerDemo,
    registerReader,
    registerCard,
    registerPin,
    registerKey,
    registerSign,
    registerCa,
    registerProvision,
    registerResponse,
    registerEmulator,
    registerApdu,
    registerIdentity,
    registerTransaction,
    registerNode,
  ])
    register(program);
  return program;
}

/** Commander has told people what was wrong with the arguments; programs get it in the form of every other error. */
function reportUsage({ code, message }: CommanderError, json: boolean): void {
  process.exitCode = 2;
  if (!json) return;
  const reason = message.replace(/^error: /, '');
  reportFailure(
    new CliError('cli/bad-option', `arguments not understood: ${reason}`, { option: code, reason }),
    json,
  );
}

/** Lets every subcommand fail as the program does: by an error, which names the help that fits. */
function inheritSettings(parent: Command, json: boolean, path = 'bsim'): void {
  parent.showHelpAfterError(json ? false : `(see ${path} --help)`);
  if (json) parent.configureOutput({ writeErr: () => {} });
  for (const command of parent.commands) {
    command.copyInheritedSettings(parent);
    inheritSettings(command, json, `${path} ${command.name()}`);
  }
}
