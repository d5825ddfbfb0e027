// SPDX-License-Identifier: Apache-2.0
import { randomInt } from 'node:crypto';
import { CompactEncrypt, type CryptoKey, compactDecrypt, importPKCS8, importSPKI } from 'jose';
import { fromUtf8, utf8, wipe } from '../../protocol/bytes.ts';
import type { Iccid } from '../../protocol/identifiers/iccid.ts';
import { ProvisioningError } from './errors.ts';

/** PIN (4 digits) and PUK (8 digits) of one card, as ASCII digits; the holder wipes them. */
export type CardSecrets = { readonly pin: Uint8Array; readonly puk: Uint8Array };

const KEY_ALGORITHM = 'ECDH-ES+A256KW';

/** Fresh secrets from the platform's secure source, every digit equally likely. */
export function makeCardSecrets(): CardSecrets {
  const digits = (length: number): Uint8Array => Uint8Array.from({ length }, () => 0x30 + randomInt(10));
  return { pin: digits(4), puk: digits(8) };
}

/** Something that seals a card's secrets so that only the operator's transport key opens them. */
export type SecretsSeal = (iccid: Iccid, secrets: CardSecrets) => Promise<string>;

/**
 * A seal from a PEM public key (SubjectPublicKeyInfo) on P-256: compact JWE with ECDH-ES+A256KW and A256GCM over
 * JSON {"iccid","pin","puk"}; the ICCID binds them to their card. Source: RFC 7516, RFC 7518 §4.6. Throws `provisioning/bad-transport-key`.
 */
export async function openSeal(publicKeyPem: string): Promise<SecretsSeal> {
  const reason = 'found no PEM public key (BEGIN PUBLIC KEY) on P-256';
  const key = await importSPKI(publicKeyPem, KEY_ALGORITHM).catch((cause: unknown) => {
    throw badKey(reason, cause);
  });
  if (!isOnP256(key)) throw badKey(reason);
  return async (iccid, secrets) => {
    const plain = utf8(JSON.stringify({ iccid, pin: fromUtf8(secrets.pin), puk: fromUtf8(secrets.puk) }));
    try {
      return await new CompactEncrypt(plain)
        .setProtectedHeader({ alg: KEY_ALGORITHM, enc: 'A256GCM' })
        .encrypt(key);
    } finally {
      wipe(plain);
    }
  };
}

/**
 * Opens sealed secrets with the PEM private key (PKCS#8). Throws `provisioning/bad-transport-key`, or
 * `provisioning/bad-secrets` when what was sealed is not the PIN and PUK of that card.
 */
export async function unsealCardSecrets(
  jwe: string,
  iccid: Iccid,
  privateKeyPem: string,
): Promise<CardSecrets> {
  const key = await importPKCS8(privateKeyPem, KEY_ALGORITHM).catch((cause: unknown) => {
    throw badKey('found no PEM private key (BEGIN PRIVATE KEY) on P-256', cause);
  });
  const { plaintext } = await compactDecrypt(jwe, key).catch((cause: unknown) => {
    throw badKey('found a key that these secrets were not sealed to', cause);
  });
  try {
    return readSecrets(plaintext, iccid);
  } finally {
    wipe(plaintext);
  }
}

const isOnP256 = (key: CryptoKey): boolean =>
  (key.algorithm as { readonly namedCurve?: unknown }).namedCurve === 'P-256';

function readSecrets(plaintext: Uint8Array, iccid: Iccid): CardSecrets {
  try {
    const { pin, puk, ...card } = JSON.parse(fromUtf8(plaintext)) as Readonly<Record<string, unknown>>;
    if (
      card.iccid === iccid &&
      typeof pin === 'string' &&
      typeof puk === 'string' &&
      /^[0-9]{4,8}$/.test(pin) &&
      /^[0-9]{8}$/.test(puk)
    )
      return { pin: utf8(pin), puk: utf8(puk) };
  } catch {
    // The parser's message quotes the text, which may hold secrets; it is therefore no cause.
  }
  const reason = 'found other content than the PIN and PUK of this card';
  throw new ProvisioningError('provisioning/bad-secrets', `sealed secrets not read: ${reason}`, { reason });
}

function badKey(reason: string, cause?: unknown): ProvisioningError<'provisioning/bad-transport-key'> {
  return new ProvisioningError(
    'provisioning/bad-transport-key',
    `transport key not used: ${reason}`,
    { reason },
    { cause },
  );
}
