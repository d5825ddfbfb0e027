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

/** A second PIN, which opens the decoy wallets. */
export const duressPinSource = (file?: string): SecretSource => ({
  title: 'Duress PIN (4 to 8 digits)',
  variable: 'BSIM_DURESS_PIN',
  option: '--duress-pin-file',
  file,
  confirm: true,
});

/** The PUK that a new card is given. */
export const newPukSource = (file?: string): SecretSource => ({
  ...pukSource(file),
  title: 'PUK for the card (8 digits)',
  confirm: true,
});

/** The IMSI that a new card is given: personal data, and therefore read like a secret. */
export const imsiSource = (file?: string): SecretSource => ({
  title: 'IMSI for the card (15 digits)',
  variable: 'BSIM_IMSI',
  option: '--imsi-file',
  file,
});

/** The words of a wallet. */
export const mnemonicSource = (file?: string): SecretSource => ({
  title: 'Mnemonic of the wallet (12 to 24 words)',
  variable: 'BSIM_MNEMONIC',
  option: '--mnemonic-file',
  file,
});

/** The passphrase beside the words of a wallet, which may be empty. */
export const passphraseSource = (file?: string): SecretSource => ({
  title: 'Passphrase beside the mnemonic (empty for none)',
  variable: 'BSIM_MNEMONIC_PASSPHRASE',
  option: '--passphrase-file',
  file,
});

/** Whether a secret can be read without asking anybody. */
export const isGiven = ({ file, variable }: SecretSource): boolean =>
  file !== undefined || process.env[variable] !== undefined;

/** Runs `work` with the secrets, in order, and wipes them afterwards. Throws as {@link readSecret}. */
export async function withSecrets<const Sources extends readonly SecretSource[], Result>(
  sources: Sources,
  work: (...secrets: { [K in keyof Sources]: Uint8Array }) => Promise<Result>,
): Promise<Result> {
  const secrets: Uint8Array[] = [];
  try {
    for (const source of sources) secrets.push(await readSecret(source));
    return await work(...(secrets as { [K in keyof Sources]: Uint8Array }));
  } finally {
    wipe(...secrets);
  }
}

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
