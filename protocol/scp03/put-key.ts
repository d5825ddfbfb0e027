// SPDX-License-Identifier: Apache-2.0
import { cbc } from '@noble/ciphers/aes.js';
import { concat, equalBytes, wipe } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import { isKeyLength, keyCheckValue, type Scp03KeySet } from './key-set.ts';

/** Key type of an AES key. Source: GlobalPlatform Card Specification 2.3.1 §11.1.8, table 11-16. */
const KEY_TYPE_AES = 0x88;
const BLOCK = 16;
const KCV_LENGTH = 3;

/** How the key data field of PUT KEY is written. */
export type PutKeyOptions = {
  /**
   * Whether the length of the clear key stands before each encrypted key, also where no padding was needed. True unless
   * said otherwise. See {@link encodePutKey}.
   */
  readonly clearLength?: boolean;
};

/**
 * The data field of PUT KEY for the three keys of a set: new KVN, then for ENC, MAC and DEK 88 ‖ length ‖ key block ‖ 03
 * ‖ KCV. The key is encrypted under the static DEK `dek` of the set in use: AES-CBC, IV 00, zeros after a key of 24.
 *
 * The key block differs between hosts. Amendment D §7.2 and GlobalPlatformPro (GPSession.encodeKey) always write the
 * length of the clear key first; pySim (SCP.encrypt_key) and yubikit write it only before a key that was padded, as the
 * Card Specification 2.3.1 has it in tables 11-70 and 11-71. So a key of 16 bytes takes 17 or 16, one of 24 always 33, one of
 * 32 takes 33 or 32. {@link decodePutKey} takes either, told apart by the length.
 * Source: GlobalPlatform Amendment D v1.2 §6.2.8 and §7.2; GlobalPlatform Card Specification 2.3.1 §11.8.2.3.
 */
export function encodePutKey(
  keys: Scp03KeySet,
  dek: Uint8Array,
  { clearLength = true }: PutKeyOptions = {},
): Uint8Array {
  const block = (key: Uint8Array): Uint8Array => {
    const padded = new Uint8Array(Math.ceil(key.length / BLOCK) * BLOCK);
    padded.set(key);
    const encrypted = underDek(dek).encrypt(padded);
    wipe(padded);
    const written = clearLength || padded.length !== key.length;
    return written ? concat(Uint8Array.of(key.length), encrypted) : encrypted;
  };
  const fields = [keys.enc, keys.mac, keys.dek].flatMap((key) => {
    const kcv = keyCheckValue(key);
    const value = block(key);
    return [Uint8Array.of(KEY_TYPE_AES, value.length), value, Uint8Array.of(KCV_LENGTH), kcv];
  });
  return concat(Uint8Array.of(keys.version), ...fields);
}

/**
 * The key set of a data field of PUT KEY, decrypted with the static DEK of the set in use; the caller wipes it.
 * Throws `protocol/bad-layout` for anything but three AES keys of one length, each with the check value that fits it:
 * with a wrong DEK the check values do not.
 *
 * GlobalPlatformPro pads a key of 24 bytes to 216 with random bytes, and older ones give 16 as the length of any key;
 * such a field is refused.
 */
export function decodePutKey(data: Uint8Array, dek: Uint8Array): Scp03KeySet {
  const version = data[0] ?? 0;
  if (version < 1 || version > 0x7f) throw badField(data, 'a key version from 1 to 127');
  const keys: Uint8Array[] = [];
  try {
    let at = 1;
    for (let n = 0; n < 3; n++) {
      const length = data[at + 1] ?? 0;
      const kcvAt = at + 2 + length;
      if (data[at] !== KEY_TYPE_AES || length >= 0x80)
        throw badField(data, 'key type 88 and a length below 128');
      if (data[kcvAt] !== KCV_LENGTH) throw badField(data, 'a check value of 3 bytes');
      const key = decryptBlock(data.subarray(at + 2, kcvAt), dek);
      if (key === undefined) throw badField(data, 'an encrypted key of 16, 24 or 32 bytes');
      keys.push(key);
      at = kcvAt + 1 + KCV_LENGTH;
      if (!equalBytes(keyCheckValue(key), data.subarray(kcvAt + 1, at)))
        throw badField(data, 'a check value that fits the key');
    }
    if (at !== data.length) throw badField(data, 'nothing after the third key');
    const [enc, mac, newDek] = keys as [Uint8Array, Uint8Array, Uint8Array];
    if (enc.length !== mac.length || enc.length !== newDek.length) throw badField(data, 'keys of one length');
    return { version, enc, mac, dek: newDek };
  } catch (error) {
    wipe(...keys);
    throw error;
  }
}

/** What a card answers to PUT KEY: the new KVN and the three check values, 10 bytes. */
export const putKeyResponse = (keys: Scp03KeySet): Uint8Array =>
  concat(
    Uint8Array.of(keys.version),
    keyCheckValue(keys.enc),
    keyCheckValue(keys.mac),
    keyCheckValue(keys.dek),
  );

function decryptBlock(block: Uint8Array, dek: Uint8Array): Uint8Array | undefined {
  const hasLength = block.length % BLOCK === 1;
  const encrypted = hasLength ? block.subarray(1) : block;
  const length = hasLength ? (block[0] ?? 0) : block.length;
  const fits = isKeyLength(length) && encrypted.length === Math.ceil(length / BLOCK) * BLOCK;
  if (!fits) return undefined;
  const padded = underDek(dek).decrypt(encrypted);
  const key = padded.slice(0, length);
  wipe(padded);
  return key;
}

const underDek = (dek: Uint8Array) => cbc(dek, new Uint8Array(BLOCK), { disablePadding: true });

function badField(data: Uint8Array, expected: string): ProtocolError {
  return new ProtocolError(
    'protocol/bad-layout',
    `PUT KEY not read: found a field of ${data.length} bytes, expected ${expected}`,
    { expected, length: data.length },
  );
}
