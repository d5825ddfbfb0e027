// SPDX-License-Identifier: Apache-2.0
import { isCancel, password } from '@clack/prompts';
import { equalBytes, utf8, wipe } from '../../protocol/bytes.ts';
import { CliError } from './errors.ts';
import { readNamedFile } from './read-file.ts';

/** Where one secret may come from, most specific first: file, environment variable, prompt. */
export type SecretSource = {
  /** What the prompt asks for. */
  readonly title: string;
  readonly variable: string;
  readonly option: string;
  /** Name of a file whose first line is the secret. */
  readonly file?: string | undefined;
  /** Whether the prompt asks twice. */
  readonly confirm?: true;
};

/** The PIN as it stands. */
export const pinSource = (file?: string): SecretSource => ({
  title: 'PIN of the card',
  variable: 'BSIM_PIN',
  option: '--pin-file',
  file,
});

/** A PIN to come. */
export const newPinSource = (file?: string): SecretSource => ({
  title: 'New PIN (4 to 8 digits)',
  variable: 'BSIM_NEW_PIN',
  option: '--new-pin-file',
  file,
  confirm: true,
});

/** The PUK. */
export const pukSource = (file?: string): SecretSource => ({
  title: 'PUK of the card (8 digits)',
  variable: 'BSIM_PUK',
  option: '--puk-file',
  file,
});

/**
 * Reads a secret as UTF-8 bytes that the caller wipes; what is no digit is for the card client to refuse. Throws
 * `cli/pin-needed`, `cli/pins-differ`, `cli/cancelled` or `cli/file-not-read`; no message holds the secret.
 */
export async function readSecret(source: SecretSource): Promise<Uint8Array> {
  if (source.file !== undefined) return firstLine(source.file);
  const fromEnvironment = process.env[source.variable];
  if (fromEnvironment !== undefined) return utf8(fromEnvironment);
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    throw new CliError(
      'cli/pin-needed',
      `${source.title} not read: found no terminal, expected ${source.variable} or ${source.option} FILE`,
      { variable: source.variable, option: source.option },
    );
  }
  const first = await prompt(source.title);
  if (source.confirm === undefined) return first;
  const second = await prompt('Once more');
  if (equalBytes(first, second)) {
    wipe(second);
    return first;
  }
  wipe(first, second);
  throw new CliError('cli/pins-differ', `${source.title} not read: found two different entries`, {});
}

async function prompt(message: string): Promise<Uint8Array> {
  const typed = await password({ message });
  if (isCancel(typed)) throw new CliError('cli/cancelled', 'prompt ended: found no entry, expected one', {});
  return utf8(typed ?? '');
}

function firstLine(file: string): Uint8Array {
  const bytes = readNamedFile(file);
  const end = bytes.findIndex((byte) => byte === 0x0a || byte === 0x0d);
  const line = bytes.slice(0, end < 0 ? bytes.length : end);
  wipe(bytes);
  return line;
}
