// SPDX-License-Identifier: Apache-2.0
import { concat } from '../bytes.ts';
import { asBytes, asMap, type CborValue } from '../cbor.ts';
import { ProtocolError } from '../errors.ts';
import { type CardPublicKey, cardCurveNames, cardCurves, parseCardPublicKey } from './card-curve.ts';

/**
 * The key of a COSE_Key map of exactly the form that `cardPublicKeyToCose` writes, on any curve of a card.
 * Source: RFC 9053 §7.1.1 (y as sign bit), §7.2. Throws `protocol/bad-cbor` or `protocol/bad-key`.
 */
export function cardPublicKeyFromCose(value: CborValue | undefined): CardPublicKey {
  const kty = value instanceof Map ? value.get(1) : undefined;
  const map = asMap(
    value,
    'COSE_Key',
    kty === cardCurves.Ed25519.coseKeyType ? [1, -1, -2] : [1, -1, -2, -3],
  );
  const curve = cardCurveNames.find(
    (name) => cardCurves[name].coseKeyType === kty && cardCurves[name].coseCurve === map.get(-1),
  );
  if (curve === undefined) {
    throw badKey(
      String(map.get(-1)),
      'unknown curve',
      `key type ${String(kty)} and curve ${String(map.get(-1))}, expected one of ${cardCurveNames.join(', ')}`,
    );
  }
  const x = asBytes(map.get(-2), 'COSE_Key x', 32);
  if (curve === 'Ed25519') return parseCardPublicKey(curve, x);
  const sign = map.get(-3);
  if (typeof sign !== 'boolean')
    throw badKey(curve, 'y is not a sign bit', 'y in full, expected its sign bit');
  return parseCardPublicKey(curve, concat(Uint8Array.of(sign ? 3 : 2), x));
}

const badKey = (curve: string, reason: string, found: string): ProtocolError<'protocol/bad-key'> =>
  new ProtocolError('protocol/bad-key', `public key not read: found ${found}`, { curve, reason });
