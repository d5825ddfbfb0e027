// SPDX-License-Identifier: Apache-2.0
import type { VerifiedAttestation } from '../../host/attestation/verify-attestation.ts';
import { formatDerivationPath } from '../../host/wallet/derivation-path.ts';
import { toHex } from '../../protocol/bytes.ts';
import { keyPolicy } from '../../protocol/commands/blockchain-sim/key-policy.ts';
import { ToolkitError } from '../../protocol/error-table.ts';
import { accountText } from './account-text.ts';
import { policyLines, usageWords } from './key-policy-options.ts';

/** What a verified attestation says, as JSON has it. */
export const attestationJson = ({ attestation, ...card }: VerifiedAttestation) => ({
  cardSerial: card.cardSerial,
  issuer: card.issuer,
  key: attestation.reference,
  path: attestation.path === undefined ? null : formatDerivationPath(attestation.path),
  role: attestation.role,
  origin: attestation.origin,
  curve: attestation.key.curve,
  publicKey: attestation.key.bytes,
  address: accountText(attestation.key) ?? null,
  usage: usageWords(attestation.usage),
  policy: wordsOfPolicy(attestation.policy),
  signatures: attestation.signatures,
  log: logText(attestation.log),
  applicationVersion: [...attestation.applicationVersion].join('.'),
  challenge: attestation.challenge,
});

/** What a verified attestation says, line by line for people. */
export function attestationFacts(verified: VerifiedAttestation): readonly (readonly [string, string])[] {
  const said = attestationJson(verified);
  return [
    ['card', `${said.cardSerial}, certified by ${said.issuer}`],
    ['key', `${said.key}${said.path === null ? '' : `, ${said.path}`}, ${said.role}, ${said.curve}`],
    ['origin', said.origin === 'generated' ? 'made on the card' : 'brought to the card from outside'],
    ['public key', toHex(said.publicKey)],
    ...(said.address === null ? [] : [['address', said.address] as const]),
    ['usage', said.usage],
    ['policy', said.policy],
    ['signatures made', String(said.signatures)],
    ['log', said.log],
    ['application', `Blockchain SIM ${said.applicationVersion}`],
    ['challenge', toHex(said.challenge)],
  ];
}

/** Where a log stands, as one word: what `--since` takes. */
export const logText = ({
  sequence,
  head,
}: {
  readonly sequence: bigint;
  readonly head: Uint8Array;
}): string => `${sequence}:${toHex(head)}`;

/** A newer card may attest policies that this toolkit cannot read; they are shown as they are. */
function wordsOfPolicy(policy: Uint8Array): string {
  try {
    return policyLines(keyPolicy.decode(policy)).join('; ');
  } catch (error) {
    if (!(error instanceof ToolkitError)) throw error;
    return `not known to this toolkit: ${toHex(policy)}`;
  }
}
