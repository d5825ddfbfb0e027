// SPDX-License-Identifier: Apache-2.0
import { X509Certificate } from 'node:crypto';
import { fromHex, fromUtf8, toHex } from '../../protocol/bytes.ts';
import { decodeSecurityLog, encodeSecurityLog, type SecurityLog } from '../../protocol/security-log.ts';
import { CliError } from './errors.ts';
import { readNamedFile } from './read-file.ts';

/** An attestation with all that is needed to verify it, but for the root that is trusted. */
export type AttestationFile = {
  /** COSE_Sign1. */
  readonly attestation: Uint8Array;
  /** Certificates in DER, that of the attestation key first, the root left out. */
  readonly chain: readonly Uint8Array[];
  /** What the card was asked with. */
  readonly challenge: Uint8Array;
  /** The log as the card gave it right after. */
  readonly log?: SecurityLog;
};

/** Longest challenge that a card takes; longer ones in a file are nobody's. */
const CHALLENGE_MAX = 64;
/** Most certificates that are read of a file. */
const CHAIN_MAX = 8;

/** The file's content: JSON with hexadecimal text, and certificates in PEM. */
export const formatAttestationFile = ({ attestation, chain, challenge, log }: AttestationFile) => ({
  attestation: toHex(attestation),
  chain: chain.map((der) => new X509Certificate(der).toString()),
  challenge: toHex(challenge),
  ...(log === undefined ? {} : { log: toHex(encodeSecurityLog(log)) }),
});

/** Reads such a file; nothing of it is verified. Throws `cli/bad-attestation-file` or `cli/file-not-read`. */
export function readAttestationFile(file: string): AttestationFile {
  const bytes = readNamedFile(file);
  const bad = (reason: string, cause?: unknown): CliError<'cli/bad-attestation-file'> =>
    new CliError(
      'cli/bad-attestation-file',
      `attestation not read: found ${reason} in ${file}`,
      { file, reason },
      { cause },
    );
  const { attestation, chain, challenge, log } = fieldsOf(bytes, bad);
  const hex = (name: string, value: unknown): Uint8Array => {
    if (typeof value === 'string' && /^([0-9a-fA-F]{2})*$/.test(value)) return fromHex(value);
    throw bad(`no hexadecimal text as "${name}"`);
  };
  if (!Array.isArray(chain) || chain.length > CHAIN_MAX || chain.some((pem) => typeof pem !== 'string'))
    throw bad('no list of certificates as "chain"');
  const read = {
    attestation: hex('attestation', attestation),
    chain: (chain as string[]).map((pem) => {
      try {
        return new Uint8Array(new X509Certificate(pem).raw);
      } catch (cause) {
        throw bad('a certificate that is none', cause);
      }
    }),
    challenge: hex('challenge', challenge),
  };
  if (read.challenge.length > CHALLENGE_MAX) throw bad(`a challenge of ${read.challenge.length} bytes`);
  if (log === undefined) return read;
  try {
    return { ...read, log: decodeSecurityLog(hex('log', log)) };
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    throw bad('a log of another form', cause);
  }
}

function fieldsOf(
  bytes: Uint8Array,
  bad: (reason: string, cause?: unknown) => Error,
): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(fromUtf8(bytes));
  } catch (cause) {
    throw bad('a text that is not JSON', cause);
  }
  if (typeof value !== 'object' || value === null) throw bad('no JSON object');
  return value as Readonly<Record<string, unknown>>;
}
