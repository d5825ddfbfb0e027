// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../protocol/bytes.ts';
import { type CborMap, decodeCbor, encodeCbor } from '../../../protocol/cbor.ts';
import { curveNames } from '../../../protocol/crypto/curve.ts';
import { publicKeyToCose } from '../../../protocol/crypto/public-key.ts';
import { groupOrders, verifySignature } from '../../../protocol/crypto/verify.ts';
import { createKeyCache } from '../../../src/chain/crypto/key-cache.ts';
import { generatePrivateKeyPem, signerOfPem } from '../../../src/chain/crypto/node-signer.ts';
import { readAccount } from '../../../src/chain/transaction.ts';
import { testSigner } from '../../support/chain.ts';

describe.each(curveNames)('a signer of a PEM on %s', (curve) => {
  it('signs what the portable code verifies, with low s, every time', async () => {
    const signer = signerOfPem(generatePrivateKeyPem(curve));
    for (let i = 0; i < 30; i++) {
      const message = utf8(`message ${i}`);
      const signature = await signer.sign(message);
      expect(signature).toHaveLength(64);
      expect(verifySignature(signer.publicKey, message, signature)).toBe(true);
      if (curve === 'Ed25519') continue;
      const s = BigInt(`0x${Buffer.from(signature.subarray(32)).toString('hex')}`);
      expect(s <= groupOrders[curve] / 2n).toBe(true);
    }
  });
});

describe('a PEM', () => {
  const pem = (key: { export(options: { format: 'pem'; type: 'pkcs8' }): string | Buffer }) =>
    key.export({ format: 'pem', type: 'pkcs8' }).toString();

  it.each([
    ['of an RSA key', () => pem(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey)],
    ['of a key on P-384', () => pem(generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).privateKey)],
    ['of an X25519 key', () => pem(generateKeyPairSync('x25519').privateKey)],
    [
      'of a public key',
      () => generateKeyPairSync('ed25519').publicKey.export({ format: 'pem', type: 'spki' }).toString(),
    ],
    ['that is none', () => 'secret text'],
  ])('%s is refused without being quoted', (_what, make) => {
    const text = make();
    let refusal: unknown;
    try {
      signerOfPem(text);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toMatchObject({ code: 'chain/bad-producer-key' });
    expect(`${String(refusal)}${JSON.stringify(refusal)}`).not.toContain(text.slice(30, 60) || 'secret');
  });
});

describe('the key cache', () => {
  const cose = (label: string) =>
    decodeCbor(encodeCbor(publicKeyToCose(testSigner(label).publicKey))) as CborMap;

  it('gives what the strict reader gives, also for keys that it had to forget', () => {
    const { readKey, keyObject } = createKeyCache(3);
    const labels = ['a', 'b', 'c', 'd', 'a', 'e', 'a', 'b'];
    for (const label of labels) {
      const expected = readAccount(cose(label));
      expect(readKey(cose(label))).toEqual(expected);
      expect(keyObject(expected.key).asymmetricKeyType).toBe('ec');
    }
  });

  it('keeps the keys that are used and forgets the oldest', () => {
    const { readKey } = createKeyCache(2);
    const first = readKey(cose('a'));
    readKey(cose('b'));
    expect(readKey(cose('a'))).toBe(first);
    readKey(cose('c'));
    expect(readKey(cose('a'))).toBe(first);
  });

  it('tells the two keys with the same x apart', () => {
    const { readKey } = createKeyCache();
    const one = cose('a');
    const other = new Map(one).set(-3, one.get(-3) !== true);
    expect(readKey(one).address).not.toEqual(readKey(other).address);
    expect(readKey(one)).toEqual(readAccount(one));
    expect(readKey(other)).toEqual(readAccount(other));
  });
});
