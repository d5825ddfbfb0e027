// SPDX-License-Identifier: Apache-2.0
import { createPublicKey, verify } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBlockchainSim } from '../../host/clients/blockchain-sim.ts';
import { fromHex, utf8 } from '../../protocol/bytes.ts';
import { cardCurveNames } from '../../protocol/crypto/card-curve.ts';
import { cardHashNames } from '../../protocol/crypto/card-hash.ts';
import { type Curve, curveNames } from '../../protocol/crypto/curve.ts';
import { parsePublicKey, publicKeyToSpki } from '../../protocol/crypto/public-key.ts';
import type { Transport } from '../../protocol/transport.ts';
import { describeTransport } from '../conformance/transport.ts';
import { bridgePcsc, type PcscBridge } from '../support/bridged-pcsc.ts';
import { startProcess } from '../support/line-process.ts';
import {
  type InsertedCard,
  openPcscNamespace,
  type PcscNamespace,
  pcscScript,
  pcscUnavailable,
  strict,
  VIRTUAL_READER,
} from '../support/pcsc-namespace.ts';

const unavailable = pcscUnavailable();
const reason = unavailable === undefined ? '' : ` (left out: ${unavailable})`;
const skip = unavailable !== undefined && !strict;

const node = process.execPath;
const dist = fileURLToPath(new URL('../../dist', import.meta.url));
const SELECT = '00A4040007F04253494D010000';
const SELECTED = '6F108407F04253494D0100A5059F650210009000';

describe.skipIf(skip)(`a real PC/SC daemon${reason}`, () => {
  let namespace: PcscNamespace;
  let bridge: PcscBridge;

  beforeAll(async () => {
    expect(unavailable).toBeUndefined();
    namespace = await openPcscNamespace();
    await namespace.startDaemon();
    bridge = bridgePcsc(namespace);
  });
  afterAll(() => namespace?.close());

  describe('with a card', () => {
    let card: InsertedCard;
    beforeAll(async () => {
      card = await namespace.insertCard();
    });
    afterAll(() => card?.remove());

    it('does the main job, and the process exits by itself', async () => {
      const message = 'a message of the main job';
      const { code, stdout, stderr } = await namespace.run(node, [
        pcscScript('main-job.mjs'),
        VIRTUAL_READER,
        message,
      ]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const { keys, ...result } = JSON.parse(stdout);
      expect(result).toEqual({
        atr: '3b8a8131fe4580644253494d73c001d311',
        information: {
          lifeCycle: 'personalised',
          algorithms: [...cardCurveNames],
          keySlots: 16,
          pinTries: 3,
          pukTries: 10,
          hashes: [...cardHashNames],
          confirmation: 'pin',
          pinRules: { flags: 0, minimumLength: 4 },
        },
        iccid: '8900101000000000019',
        imsi: '001010123456789',
        wrongPin: { code: 'card/wrong-pin', triesLeft: 2 },
        pinStatus: { verified: true, triesLeft: 3 },
        keyDirectory: curveNames.map((curve, index) => ({ reference: index + 1, curve, role: 'identity' })),
      });
      expect(keys.map(({ curve }: { curve: Curve }) => curve)).toEqual([...curveNames]);
      for (const each of keys) expect(opensslVerifies(each, message)).toBe(true);
    });

    it('is seen by opensc-tool: readers, ATR and our SELECT', async () => {
      const readers = await namespace.run('opensc-tool', ['--list-readers']);
      expect(readers.stdout).toMatch(/Yes\s+Virtual PCD 00 00/);
      const atr = await namespace.run('opensc-tool', ['--atr']);
      expect(atr.stdout.trim()).toBe('3b:8a:81:31:fe:45:80:64:42:53:49:4d:73:c0:01:d3:11');
      const select = await namespace.run('opensc-tool', ['--send-apdu', SELECT]);
      expect(select.stdout).toContain('SW1=0x90, SW2=0x00');
      expect(select.stdout).toContain('6F 10 84 07 F0 42 53 49 4D 01 00 A5 05 9F 65 02');
    });

    it('is seen by pcsc_scan', async () => {
      const { stdout } = await namespace.run('pcsc_scan', ['-n', '-t', '1']);
      expect(stdout).toContain('Reader 0: Virtual PCD 00 00');
      expect(stdout).toContain('ATR: 3B 8A 81 31 FE 45 80 64 42 53 49 4D 73 C0 01 D3 11');
    });

    it('lists the readers and which of them holds a card', async () => {
      const { stdout } = await namespace.run(node, [pcscScript('list-readers.mjs')]);
      expect(JSON.parse(stdout)).toEqual({
        readers: [
          { name: VIRTUAL_READER, card: true },
          { name: 'Virtual PCD 00 01', card: false },
        ],
      });
    });

    it('refuses a reader that is not there and lists those that are', async () => {
      await expect(bridge.open('Virtual PCD')).rejects.toMatchObject({
        code: 'card/no-reader',
        details: { reader: 'Virtual PCD', readers: [VIRTUAL_READER, 'Virtual PCD 00 01'] },
      });
    });

    it('refuses a reader without a card', async () => {
      await expect(bridge.open('Virtual PCD 00 01')).rejects.toMatchObject({
        code: 'card/no-card',
        details: { reader: 'Virtual PCD 00 01' },
      });
    });

    it('says card/reader-busy while another program holds the card for itself', async () => {
      const holder = namespace.start(node, [pcscScript('hold-card.mjs'), VIRTUAL_READER]);
      expect(await holder.line()).toBe('held');
      await expect(bridge.open(VIRTUAL_READER)).rejects.toMatchObject({
        code: 'card/reader-busy',
        details: { reader: VIRTUAL_READER },
      });
      holder.endInput();
      await holder.ended();
      await (await bridge.open(VIRTUAL_READER)).close();
    });

    it('sends commands one after the other, however many are given at once', async () => {
      const transport = await bridge.open(VIRTUAL_READER);
      const commands = ['00A4040007F04253494D010000', '00CA005B00', '00FE0000', '00CAFF2400', SELECT];
      const answers = await Promise.all(commands.map((apdu) => transmit(transport, apdu)));
      expect(answers).toEqual([SELECTED, '6A88', '6D00', '6982', SELECTED]);
      await transport.close();
    });

    it('says card/reset once when another program resets the card, then connects again', async () => {
      const transport = await bridge.open(VIRTUAL_READER);
      expect(await transmit(transport, SELECT)).toBe(SELECTED);
      const reset = await namespace.run('opensc-tool', ['--reset']);
      expect(reset.code).toBe(0);
      await expect(transmit(transport, SELECT)).rejects.toMatchObject({
        code: 'card/reset',
        details: { reader: VIRTUAL_READER },
      });
      expect(await transmit(transport, SELECT)).toBe(SELECTED);
      await transport.close();
    });
  });

  it('says card/removed when the card is pulled, and works again once it is back', async () => {
    const card = await namespace.insertCard();
    const transport = await bridge.open(VIRTUAL_READER);
    const sim = await openBlockchainSim(transport);
    await card.remove();
    await expect(sim.applicationInformation()).rejects.toMatchObject({
      code: 'card/removed',
      details: { reader: VIRTUAL_READER },
    });
    await expect(sim.applicationInformation()).rejects.toMatchObject({ code: 'card/no-card' });

    const again = await namespace.insertCard();
    await sim.select();
    expect((await sim.applicationInformation()).lifeCycle).toBe('selectable');
    await sim.close();
    await again.remove();
  });

  it('says card/driver-missing when the daemon ends in between', async () => {
    const other = await openPcscNamespace();
    await other.startDaemon();
    const card = await other.insertCard();
    const transport = await bridgePcsc(other).open(VIRTUAL_READER);
    await other.killDaemon();
    await expect(transmit(transport, SELECT)).rejects.toMatchObject({
      code: 'card/driver-missing',
      details: { driver: 'pcscd' },
    });
    await card.remove();
    await other.close();
  });

  let inserted: InsertedCard | undefined;
  describeTransport('pcsc', {
    open: async ({ profile }) => {
      await inserted?.remove();
      inserted = await namespace.insertCard(profile);
      return bridge.open(VIRTUAL_READER);
    },
  });

  it('leaves nothing that keeps the process: it exits once all transports are closed', async () => {
    await inserted?.remove();
    const { code, stderr } = await bridge.ended();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});

describe.skipIf(skip)(`no PC/SC${reason}`, () => {
  it('says card/driver-missing and how to start the daemon when none runs', async () => {
    const namespace = await openPcscNamespace();
    const { stdout } = await namespace.run(node, [pcscScript('list-readers.mjs')]);
    await namespace.close();
    expect(JSON.parse(stdout).error).toMatchObject({
      code: 'card/driver-missing',
      details: { driver: 'pcscd' },
      remedy: expect.stringContaining('Start pcscd'),
    });
  });
});

describe('no npm pcsclite', () => {
  it('says card/driver-missing and how to install it, and the rest of the host stack loads', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bsim-no-pcsclite-'));
    try {
      copyWithoutPcsclite(folder);
      const { stdout, stderr } = await startProcess(node, [pcscScript('list-readers.mjs'), folder]).ended();
      expect(stderr).toBe('');
      expect(JSON.parse(stdout).error).toMatchObject({
        code: 'card/driver-missing',
        details: { driver: 'pcsclite' },
        remedy: expect.stringContaining('npm rebuild pcsclite'),
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

async function transmit(transport: Transport, apdu: string): Promise<string> {
  return Buffer.from(await transport.transmit(fromHex(apdu)))
    .toString('hex')
    .toUpperCase();
}

/** A copy of the built host stack that finds every package but pcsclite. */
function copyWithoutPcsclite(folder: string): void {
  for (const part of ['host', 'protocol']) cpSync(join(dist, part), join(folder, part), { recursive: true });
  cpSync(join(dist, '../package.json'), join(folder, 'package.json'));
  mkdirSync(join(folder, 'node_modules'));
  for (const name of ['@noble', '@scure', 'cborg'])
    symlinkSync(join(dist, '../node_modules', name), join(folder, 'node_modules', name));
}

type SignedKey = { readonly curve: Curve; readonly publicKey: string; readonly signature: string };

/** The verdict of OpenSSL, by way of node:crypto. */
function opensslVerifies({ curve, publicKey, signature }: SignedKey, message: string): boolean {
  const spki = publicKeyToSpki(parsePublicKey(curve, fromHex(publicKey)));
  const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  const algorithm = curve === 'Ed25519' ? null : 'sha256';
  return verify(algorithm, utf8(message), { key, dsaEncoding: 'ieee-p1363' }, fromHex(signature));
}
