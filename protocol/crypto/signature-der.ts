// SPDX-License-Identifier: Apache-2.0
import { concat } from '../bytes.ts';
import { encodeTlv } from '../tlv.ts';

/** ECDSA-Sig-Value in DER of a signature r ‖ s of 64 bytes. Source: RFC 3279 §2.2.3. */
export function signatureToDer(signature: Uint8Array): Uint8Array {
  const integer = (value: Uint8Array): Uint8Array => {
    let start = 0;
    while (start < value.length - 1 && value[start] === 0) start++;
    const digits = value.subarray(start);
    const sign = ((digits[0] ?? 0) & 0x80) !== 0 ? Uint8Array.of(0) : new Uint8Array(0);
    return encodeTlv(0x02, concat(sign, digits));
  };
  return encodeTlv(0x30, integer(signature.subarray(0, 32)), integer(signature.subarray(32)));
}
