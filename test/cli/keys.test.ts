// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { createPublicKey, verify } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCardFile } from '../../applet-sim/index.ts';
import { openPersonalisedCard, testCard } from '../support/cards.ts';
import { bsimHere, jsonHere, refusalHere, temporaryDirectory } from '../support/cli.ts';

const place = temporaryDirectory();
const reader = ['--reader', `emulator:${place.at('a.card')}`];
const pin = { BSIM_PIN: '1234' };
const openssl = (...args: readonly string[]): Buffer => execFileSync('openssl', args, { stdio: 'pipe' });
const generate = (reference: number, ...args: string[]) =>
  jsonHere<Key>(['key', 'generate', '--key', String(reference), ...args, ...reader], pin);

type Key = { key: number; role: string; curve: string; publicKey: string; address: string | null };

// Mnemonic of the first test vector of BIP-39, without and with its passphrase; master keys as published with it
// (github.com/trezor/python-mnemonic, vectors.json) and known of BIP-44 wallets.
const MNEMONIC = `${'abandon '.repeat(11)}about`;
const XPUB_WITHOUT =
  'xpub661MyMwAqRbcFkPHucMnrGNzDwb6teAX1RbKQmqtEF8kK3Z7LZ59qafCjB9eCRLiTVG3uxBxgKvRgbubRhqSKXnGGb1aoaqLrpMBDrVxga8';
const XPRV_WITH_TREZOR =
  'xprv9s21ZrQH143K3h3fDYiay8mocZ3afhfULfb5GX8kCBdno77K4HiA15Tg23wpbeF1pLfs1c5SPmYHrEpTuuRhxMwvKDwqdKiGJS9XFKzUsAF';

beforeAll(async () => {
  const { sim } = await openPersonalisedCard({ memory: openCardFile(place.at('a.card')) });
  await sim.close();
});
afterAll(() => place.remove());

describe('bsim key generate', () => {
  it('makes the key that the options describe, and list shows it so', async () => {
    await generate(
      1,
      ...['--role', 'wallet', '--curve', 'secp256k1', '--allow', 'messages,transactions', '--confirm'],
      ...['--message-types', 'money/transfer,identity/create', '--currency', 'XTS', '--digits', '2'],
      ...['--per-transaction', '100.00', '--cumulative', '1000', '--holder-deletes', '--pin-per-signature'],
    );
    await generate(2, '--usage', 'authentication', '--curve', 'ed25519');
    const { keys } = await jsonHere<{ keys: object[] }>(['key', 'list', ...reader]);
    expect(keys).toMatchObject([
      {
        key: 1,
        role: 'wallet',
        curve: 'secp256k1',
        origin: 'generated',
        usage: ['signature', 'authentication'],
        allows: ['messages', 'transactions', 'pinPerSignature', 'confirmation', 'holderDeletes'],
        messageTypes: ['money/transfer', 'identity/create'],
        limit: { currency: 'XTS', digits: 2, perTransaction: '10000', cumulative: '100000' },
        signatures: '0',
        spent: '0',
        publicKey: null,
        address: null,
      },
      { key: 2, role: 'identity', curve: 'Ed25519', usage: ['authentication'], limit: null },
    ]);
    const { stdout } = await bsimHere(['key', 'list', ...reader], pin);
    expect(stdout).toMatch(/only money\/transfer, identity\/create/);
    expect(stdout).toMatch(/at most 1000\.00 XTS in all, 0\.00 spent/);
    expect(stdout).not.toContain('behind the PIN');
  });

  it.each([
    ['a limit without a currency', ['--per-transaction', '1.00']],
    ['a limit without digits', ['--per-transaction', '1.00', '--currency', 'XTS']],
    ['a currency without a limit', ['--currency', 'XTS']],
    ['digits without a limit', ['--digits', '2']],
    ['more digits than the minor unit has', ['--cumulative', '1.001', '--currency', 'XTS', '--digits', '2']],
    ['confirmation beside digests', ['--confirm', '--allow', 'digests,transactions']],
    ['a limit without transactions', ['--allow', 'messages', '--message-types', 'money/transfer']],
    ['a message type of another form', ['--message-types', 'Transfer']],
    ['a role that is none', ['--role', 'root']],
    ['a usage that is none', ['--usage', 'everything']],
    ['what is allowed that is nothing', ['--allow', 'all']],
  ])('is refused for %s before the card is asked', async (_what, args) => {
    const command = ['key', 'generate', '--reader', 'emulator:/nowhere/none.card', ...args];
    expect(await refusalHere(command)).toBe('2 cli/bad-option');
  });

  it('is for the administrator on a blank card and for the holder on all others', async () => {
    const blank = ['--reader', `emulator:${place.at('blank.card')}`];
    const { stderr } = await bsimHere(['key', 'generate', ...blank]);
    expect(stderr).toContain("by GlobalPlatform's public test keys");
    expect(await refusalHere(['key', 'generate', '--key', '9', ...reader])).toBe('2 cli/pin-needed');
  });
});

describe('the seed of a mnemonic', () => {
  it('gives the master key that was published for it, without and with a passphrase', async () => {
    writeFileSync(place.at('words'), `${MNEMONIC}\n`);
    writeFileSync(place.at('passphrase'), 'TREZOR\n');
    const load = ['key', 'import', '--mnemonic-file', place.at('words'), ...reader];
    const { stdout, stderr } = await bsimHere(['--trace', ...load, '--key', '3'], pin);
    expect(stderr).toContain('IMPORT KEY');
    expect(stdout + stderr).not.toMatch(/abandon|61 62 61 6E 64 6F 6E/i);
    await jsonHere([...load, '--key', '4', '--passphrase-file', place.at('passphrase')], pin);
    const xpub = async (reference: number) => {
      const args = ['key', 'export', '--extended', '--key', String(reference), ...reader];
      return (await jsonHere<{ xpub: string }>(args, pin)).xpub;
    };
    expect(await xpub(3)).toBe(XPUB_WITHOUT);
    const { HDKey } = await import('@scure/bip32');
    expect(await xpub(4)).toBe(HDKey.fromExtendedKey(XPRV_WITH_TREZOR).publicExtendedKey);
    const { keys } = await jsonHere<{ keys: object[] }>(['key', 'list', ...reader], pin);
    expect(keys).toMatchObject([{}, {}, { key: 3, origin: 'imported' }, { key: 4, origin: 'imported' }]);
  });

  it('leads along a path to the keys that another implementation derives', async () => {
    const { HDKey } = await import('@scure/bip32');
    const path = "m/44'/60'/0'/0/7";
    const other = HDKey.fromExtendedKey(XPRV_WITH_TREZOR).derive(path);
    const derived = await jsonHere<Key>(['key', 'derive', '--key', '4', '--path', path, ...reader], pin);
    expect(derived.publicKey).toBe(Buffer.from(other.publicKey ?? []).toString('hex'));
    const at = ["m/44'/60'", '--key', '4', ...reader];
    const { xpub } = await jsonHere<{ xpub: string }>(['key', 'export', '--extended', '--path', ...at], pin);
    expect(xpub).toBe(HDKey.fromExtendedKey(XPRV_WITH_TREZOR).derive("m/44'/60'").publicExtendedKey);
    writeFileSync(place.at('document'), 'signed by a derived key');
    const sign = ['sign', place.at('document'), '--key', '4', '--path', path, '--out', place.at('signature')];
    await jsonHere([...sign, ...reader], pin);
    const exported = ['key', 'export', '--key', '4', '--path', path, ...reader];
    const { pem } = await jsonHere<{ pem: string }>(exported, pin);
    expect(
      verify('sha256', readFileSync(place.at('document')), pem, readFileSync(place.at('signature'))),
    ).toBe(true);
    expect(createPublicKey(pem).asymmetricKeyDetails).toEqual({ namedCurve: 'secp256k1' });
  });

  it('is refused where it is none, and no word is repeated', async () => {
    const load = ['key', 'import', '--key', '15', ...reader];
    const words = { ...pin, BSIM_MNEMONIC: MNEMONIC.replace('about', 'zebra') };
    const { code, stderr } = await bsimHere(load, words);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('error wallet/bad-mnemonic: '),
    });
    expect(stderr).not.toMatch(/abandon|zebra/);
    expect(await refusalHere(load, pin)).toBe('2 cli/pin-needed');
    expect(await refusalHere([...load, '--role', 'identity'], pin)).toBe('2 cli/bad-option');
    expect(await refusalHere(['key', 'derive', '--key', '3', '--path', '44/0', ...reader], pin)).toBe(
      '2 wallet/bad-path',
    );
  });

  it('is told to the holder only', async () => {
    const derive = ['key', 'derive', '--key', '3', '--path', 'm/0', ...reader];
    expect(await refusalHere(derive)).toBe('2 cli/pin-needed');
    expect(await refusalHere(['key', 'export', '--key', '3', ...reader])).toBe('2 cli/pin-needed');
    const { keys } = await jsonHere<{ keys: Key[] }>(['key', 'list', ...reader]);
    expect(keys.filter(({ role }) => role === 'wallet').map(({ address }) => address)).toEqual([
      null,
      null,
      null,
    ]);
  });
});

describe('an agreement key', () => {
  it.each([
    ['P-256', 'prime256v1', '5'],
    ['secp256k1', 'secp256k1', '6'],
    ['brainpoolP256r1', 'brainpoolP256r1', '7'],
  ])('on %s shares with an OpenSSL key what OpenSSL shares with it', async (curve, name, reference) => {
    openssl(
      'genpkey',
      '-algorithm',
      'EC',
      '-pkeyopt',
      `ec_paramgen_curve:${name}`,
      '-out',
      place.at('peer.key'),
    );
    openssl('pkey', '-in', place.at('peer.key'), '-pubout', '-out', place.at('peer.pem'));
    await generate(Number(reference), '--role', 'agreement', '--curve', curve);
    const { pem } = await jsonHere<{ pem: string }>(['key', 'export', '--key', reference, ...reader]);
    writeFileSync(place.at('card.pem'), pem);
    const derive = ['pkeyutl', '-derive', '-inkey', place.at('peer.key'), '-peerkey', place.at('card.pem')];
    const out = place.at(`secret-${reference}`);
    const agree = ['key', 'agree', '--key', reference, '--peer', place.at('peer.pem'), ...reader];
    const { stdout, stderr } = await bsimHere(['--trace', ...agree, '--out', out], pin);
    const secret = readFileSync(out);
    expect(secret).toEqual(openssl(...derive));
    expect(statSync(out).mode & 0o777).toBe(0o600);
    expect(`${stdout}${stderr}`.replaceAll(' ', '').toLowerCase()).not.toContain(secret.toString('hex'));
    // X9.63 with SHA-256, by the OpenSSL command line over the same secret.
    const info = 'a1b2c3';
    await jsonHere([...agree, '--info', info, '--out', `${out}-kdf`], pin);
    const kdf = [
      ...['kdf', '-keylen', '32', '-kdfopt', 'digest:SHA256', '-kdfopt', `hexkey:${secret.toString('hex')}`],
      ...['-kdfopt', `hexinfo:${info}`, '-binary', 'X963KDF'],
    ];
    expect(readFileSync(`${out}-kdf`)).toEqual(openssl(...kdf));
    expect(await refusalHere([...agree, '--out', out], pin)).toBe('5 cli/file-not-written');
  });

  it('is imported from PEM and from hexadecimal digits, and has the public key that OpenSSL gives it', async () => {
    openssl('ecparam', '-name', 'brainpoolP256r1', '-genkey', '-noout', '-out', place.at('sec1.pem'));
    const publicPem = openssl('pkey', '-in', place.at('sec1.pem'), '-pubout').toString();
    const load = ['key', 'import', '--role', 'agreement', ...reader];
    await jsonHere([...load, '--key', '8', '--key-file', place.at('sec1.pem')], pin);
    expect(await jsonHere(['key', 'export', '--key', '8', ...reader])).toMatchObject({ pem: publicPem });
    // RFC 5903 §8.1: private key of the initiator and its public x coordinate on P-256.
    writeFileSync(
      place.at('hex'),
      'C88F01F5 10D9AC3F 70A292DA A2316DE5 44E9AAB8 AFE84049 C62A9C57 862D1433\n',
    );
    const made = await jsonHere<Key>(
      [...load, '--key', '9', '--curve', 'P-256', '--key-file', place.at('hex')],
      pin,
    );
    expect(made.publicKey.slice(2)).toBe('dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c3772581180');
  });

  it.each([
    ['a key on another curve', 'p384.pem', [], '2 cli/bad-key-file'],
    ['a public key', 'public.pem', [], '2 cli/bad-key-file'],
    ['a key on a curve that was not asked for', 'p256.pem', ['--curve', 'secp256k1'], '2 cli/bad-key-file'],
    ['31 bytes', 'short', ['--curve', 'P-256'], '2 cli/bad-key-file'],
    ['letters', 'letters', ['--curve', 'P-256'], '2 cli/bad-key-file'],
    ['digits without their curve', 'short', [], '2 cli/bad-option'],
    ['no file', 'none', [], '2 cli/file-not-read'],
  ])('is not imported from %s', async (_what, file, args, refusal) => {
    const make = (curve: string, name: string) =>
      openssl('ecparam', '-name', curve, '-genkey', '-noout', '-out', place.at(name));
    make('secp384r1', 'p384.pem');
    make('prime256v1', 'p256.pem');
    openssl('pkey', '-in', place.at('p256.pem'), '-pubout', '-out', place.at('public.pem'));
    writeFileSync(place.at('short'), '11'.repeat(31));
    writeFileSync(place.at('letters'), 'xy'.repeat(32));
    const load = ['key', 'import', '--role', 'agreement', '--key', '14', '--key-file', place.at(file)];
    expect(await refusalHere([...load, ...args, ...reader], pin)).toBe(refusal);
  });

  it('agrees with no key on another curve', async () => {
    openssl('ecparam', '-name', 'secp256k1', '-genkey', '-noout', '-out', place.at('k1.key'));
    openssl('pkey', '-in', place.at('k1.key'), '-pubout', '-out', place.at('k1.pem'));
    const agree = [
      'key',
      'agree',
      '--key',
      '5',
      '--peer',
      place.at('k1.pem'),
      '--out',
      place.at('x'),
      ...reader,
    ];
    expect(await refusalHere(agree, pin)).toBe('2 cli/bad-key-file');
  });
});

describe('a key that is deleted', () => {
  it('goes by the holder where its policy says so, and else by the administrator only', async () => {
    await generate(10, '--holder-deletes');
    await generate(11);
    const remove = (reference: string) => ['key', 'delete', '--key', reference, ...reader];
    expect(await refusalHere(remove('10'), pin)).toBe('2 cli/yes-needed');
    expect(await jsonHere([...remove('10'), '--yes'], pin)).toEqual({ key: 10, deleted: true });
    expect(await refusalHere([...remove('10'), '--yes'], pin)).toBe('3 card/no-such-key');
    expect(await jsonHere([...remove('11'), '--yes'])).toEqual({ key: 11, deleted: true });
    const keys = { kvn: '30', enc: '11'.repeat(16), mac: '11'.repeat(16), dek: '11'.repeat(16) };
    writeFileSync(place.at('wrong.json'), JSON.stringify(keys), { mode: 0o600 });
    await generate(11);
    const wrong = ['--admin-keys', place.at('wrong.json')];
    expect(await refusalHere([...remove('11'), '--yes', ...wrong], pin)).toBe('3 card/wrong-card-cryptogram');
  });
});

describe('a file signed by a card', () => {
  it.each([
    ['P-256', 'SHA-512', 'sha512'],
    ['secp256k1', 'SHA-512', 'sha512'],
    ['brainpoolP256r1', 'SHA-256', 'sha256'],
    ['P-256', 'SM3', 'sm3'],
  ])('with a key on %s and %s is accepted by OpenSSL', async (curve, hash, digest) => {
    const blank = ['--reader', `emulator:${place.at(`${curve}-${digest}.card`)}`];
    await jsonHere([
      'key',
      'generate',
      '--curve',
      curve,
      ...(curve === 'brainpoolP256r1' ? [] : []),
      ...blank,
    ]);
    writeFileSync(place.at('document'), 'x'.repeat(5000));
    const out = ['--out', place.at('signature')];
    await jsonHere(['sign', place.at('document'), '--hash', hash.toLowerCase(), ...out, ...blank]);
    const { pem } = await jsonHere<{ pem: string }>(['key', 'export', ...blank]);
    writeFileSync(place.at('key.pem'), pem);
    const files = ['-verify', place.at('key.pem'), '-signature', place.at('signature'), place.at('document')];
    expect(openssl('dgst', `-${digest}`, ...files).toString()).toContain('Verified OK');
  });

  it('with SM2 is accepted by OpenSSL under the user id of the standard', async () => {
    const blank = ['--reader', `emulator:${place.at('sm2.card')}`];
    await jsonHere(['key', 'generate', '--curve', 'SM2', ...blank]);
    writeFileSync(place.at('document'), 'by SM2');
    await jsonHere(['sign', place.at('document'), '--out', place.at('signature'), ...blank]);
    const { pem } = await jsonHere<{ pem: string }>(['key', 'export', ...blank]);
    writeFileSync(place.at('key.pem'), pem);
    const args = [
      ...['pkeyutl', '-verify', '-pubin', '-inkey', place.at('key.pem'), '-rawin', '-digest', 'sm3'],
      ...[
        '-in',
        place.at('document'),
        '-sigfile',
        place.at('signature'),
        '-pkeyopt',
        'distid:1234567812345678',
      ],
    ];
    expect(openssl(...args).toString()).toContain('Signature Verified Successfully');
  });

  it('is signed blindly by its digest where the policy of the key allows that only', async () => {
    await generate(12, '--allow', 'digests');
    writeFileSync(place.at('document'), 'signed by its digest');
    writeFileSync(place.at('digest'), openssl('dgst', '-sha256', '-binary', place.at('document')));
    const sign = (file: string, ...args: string[]) => [
      'sign',
      place.at(file),
      '--key',
      '12',
      ...args,
      ...reader,
    ];
    await jsonHere(sign('digest', '--digest', '--out', place.at('signature')), pin);
    const { pem } = await jsonHere<{ pem: string }>(['key', 'export', '--key', '12', ...reader]);
    expect(
      verify('sha256', readFileSync(place.at('document')), pem, readFileSync(place.at('signature'))),
    ).toBe(true);
    expect(await refusalHere(sign('document'), pin)).toBe('3 card/not-allowed-by-policy');
    expect(await refusalHere(sign('document', '--digest'), pin)).toBe('2 cli/bad-option');
    await generate(13);
    const other = ['sign', place.at('digest'), '--digest', '--key', '13', ...reader];
    expect(await refusalHere(other, pin)).toBe('3 card/not-allowed-by-policy');
  });

  it('is refused where Ed25519 has no hash to choose, and for a hash that nobody knows', async () => {
    const sign = ['sign', place.at('document'), '--key', '2', ...reader];
    expect(await refusalHere([...sign, '--hash', 'SHA-512'], pin)).toBe('2 cli/bad-option');
    expect(await refusalHere([...sign, '--digest'], pin)).toBe('2 cli/bad-option');
    expect(await refusalHere([...sign, '--hash', 'MD5'], pin)).toBe('2 cli/bad-option');
  });
});

describe('a duress PIN', () => {
  it('opens the card like the other, and a wallet with other keys in it', async () => {
    const first = async (code: string) => {
      const derive = ['key', 'derive', '--key', '3', '--path', 'm/0', ...reader];
      return (await jsonHere<Key>(derive, { BSIM_PIN: code })).publicKey;
    };
    const truth = await first('1234');
    const duress = ['pin', 'duress', ...reader];
    const puk = { BSIM_PUK: Buffer.from(testCard.puk).toString() };
    expect(await refusalHere(duress, { ...puk, BSIM_DURESS_PIN: '1234' })).toBe('3 card/pin-not-allowed');
    expect(await refusalHere(duress, { BSIM_PUK: '00000000', BSIM_DURESS_PIN: '2580' })).toBe(
      '3 card/wrong-puk',
    );
    expect(await jsonHere(duress, { ...puk, BSIM_DURESS_PIN: '2580' })).toEqual({ duressPin: true });
    expect(await first('2580')).not.toBe(truth);
    expect(await first('1234')).toBe(truth);
    expect(await jsonHere([...duress, '--remove'], puk)).toEqual({ duressPin: false });
    expect(await refusalHere(['pin', 'verify', ...reader], { BSIM_PIN: '2580' })).toBe('3 card/wrong-pin');
  });
});
