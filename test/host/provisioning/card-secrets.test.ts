// SPDX-License-Identifier: Apache-2.0
import {
  createDecipheriv,
  createHash,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
} from 'node:crypto';
import { CompactEncrypt, importSPKI } from 'jose';
import { describe, expect, it } from 'vitest';
import { makeCardSecrets, openSeal, unsealCardSecrets } from '../../../host/provisioning/card-secrets.ts';
import { fromUtf8 } from '../../../protocol/bytes.ts';
import { parseIccid } from '../../../protocol/identifiers/iccid.ts';

const keyPair = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve });
const transport = keyPair('P-256');
const publicPem = (key: { export(options: { type: 'spki'; format: 'pem' }): string | Buffer }): string =>
  key.export({ type: 'spki', format: 'pem' }).toString();
const privatePem = transport.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const code = (what: string): unknown => expect.objectContaining({ code: `provisioning/${what}` });

/** Opens a compact JWE of ECDH-ES+A256KW and A256GCM with node:crypto. Source: RFC 7518 §4.6, §4.4, §5.3; RFC 7516 §5.2. */
function openWithNode(jwe: string): string {
  const [header = '', wrapped = '', iv = '', text = '', tag = ''] = jwe.split('.');
  const bytes = (part: string): Buffer => Buffer.from(part, 'base64url');
  const { alg, enc, epk } = JSON.parse(bytes(header).toString());
  expect({ alg, enc, crv: epk.crv }).toEqual({ alg: 'ECDH-ES+A256KW', enc: 'A256GCM', crv: 'P-256' });
  const z = diffieHellman({
    privateKey: transport.privateKey,
    publicKey: createPublicKey({ key: epk, format: 'jwk' }),
  });
  const uint32 = (value: number): Buffer => Buffer.from([0, 0, value >> 8, value]);
  const otherInfo = [uint32(alg.length), Buffer.from(alg), uint32(0), uint32(0), uint32(256)];
  const kek = createHash('sha256')
    .update(Buffer.concat([uint32(1), z, ...otherInfo]))
    .digest();
  const unwrap = createDecipheriv('id-aes256-wrap', kek, Buffer.alloc(8, 0xa6));
  const key = Buffer.concat([unwrap.update(bytes(wrapped)), unwrap.final()]);
  const open = createDecipheriv('aes-256-gcm', key, bytes(iv));
  open.setAAD(Buffer.from(header)).setAuthTag(bytes(tag));
  return Buffer.concat([open.update(bytes(text)), open.final()]).toString();
}

const iccid = parseIccid('8988211000000000003');

describe('the secrets of a card', () => {
  it('are sealed as another implementation of RFC 7516 opens them', async () => {
    const secrets = makeCardSecrets();
    const jwe = await (await openSeal(publicPem(transport.publicKey)))(iccid, secrets);
    expect(JSON.parse(openWithNode(jwe))).toEqual({
      iccid,
      pin: fromUtf8(secrets.pin),
      puk: fromUtf8(secrets.puk),
    });
    expect(await unsealCardSecrets(jwe, iccid, privatePem)).toEqual(secrets);
    const other = parseIccid('8988211000000000011');
    await expect(unsealCardSecrets(jwe, other, privatePem)).rejects.toThrowError(code('bad-secrets'));
  });

  it.each([
    ['P-384', publicPem(keyPair('P-384').publicKey)],
    ['secp256k1', publicPem(keyPair('secp256k1').publicKey)],
    ['X25519', publicPem(generateKeyPairSync('x25519').publicKey)],
    ['RSA', publicPem(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey)],
    ['a private key', privatePem],
    ['no key', ''],
  ])('are sealed to no transport key of %s', async (_, pem) => {
    await expect(openSeal(pem)).rejects.toThrowError(code('bad-transport-key'));
  });

  it.each([
    'PIN 4711, PUK 12345678',
    'null',
    '{}',
    '{"pin":"4711","puk":"12345678"}',
    `{"iccid":"${iccid}","pin":4711,"puk":12345678}`,
    `{"iccid":"${iccid}","pin":"","puk":"12345678"}`,
  ])('that are %s are refused without repeating them', async (plain) => {
    const key = await importSPKI(publicPem(transport.publicKey), 'ECDH-ES+A256KW');
    const jwe = await new CompactEncrypt(Buffer.from(plain))
      .setProtectedHeader({ alg: 'ECDH-ES+A256KW', enc: 'A256GCM' })
      .encrypt(key);
    const error = await unsealCardSecrets(jwe, iccid, privatePem).catch((reason: unknown) => reason);
    expect(error).toEqual(code('bad-secrets'));
    expect((error as Error).message).not.toMatch(/4711|1234/);
    expect((error as Error).cause).toBeUndefined();
  });
});
