// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CardError, type CardErrorCode } from '../../host/errors.ts';
import { send } from '../../host/send.ts';
import { emulatorTransport } from '../../host/transports/emulator.ts';
import { fromHex, toHex, utf8 } from '../../protocol/bytes.ts';
import type { AnyCommand } from '../../protocol/command.ts';
import { blockchainSimCommands as sim } from '../../protocol/commands/blockchain-sim/index.ts';
import { cardCommands } from '../../protocol/commands/card/index.ts';
import { catalogue } from '../../protocol/commands/index.ts';
import { secureChannelCommands as channel } from '../../protocol/commands/secure-channel/index.ts';
import { pinBlock } from '../../protocol/pin.ts';
import type { Transport } from '../../protocol/transport.ts';
import { personalisation } from '../support/cards.ts';

/** A card that answers every command the same. */
const always = (answer: string): { readonly transport: Transport } => ({
  transport: emulatorTransport({ atr: new Uint8Array(0), process: () => fromHex(answer) }),
});

const newKey = { role: undefined, usage: undefined, policy: undefined };
const person = () => ({ ...personalisation(), pinRules: undefined, forbiddenPins: undefined });

describe('status words', () => {
  const key = { ...newKey, reference: 5, curve: 'P-256' } as const;
  const read = { reference: 6, path: undefined };
  const block = pinBlock(utf8('1234'));
  const change = { oldPin: block, newPin: block };
  const unblock = { puk: block, newPin: block };
  const duress = { puk: block, duressPin: block };
  const stored = { ...person(), pin: block, puk: block };
  const update = { kvn: 0x31, hostChallenge: new Uint8Array(8) };
  const put = Uint8Array.of(0x30, 0x31, 1);
  const aid = fromHex('F04253494D0100');
  const manager = catalogue['card-manager'];
  const message = new Uint8Array(8);
  const named = ({ name }: AnyCommand) => ({ command: name });
  const rows: readonly [AnyCommand, unknown, string, CardErrorCode, object][] = [
    [cardCommands.select, aid, '6A82', 'card/application-not-found', { aid: 'F04253494D0100' }],
    [manager.makeSelectable, aid, '6A88', 'card/application-not-found', { aid: 'F04253494D0100' }],
    [
      cardCommands.openChannel,
      undefined,
      '6A84',
      'card/no-room',
      { ...named(cardCommands.openChannel), meaning: 'all are open' },
    ],
    [sim.verify, block, '6881', 'card/channel-not-open', named(sim.verify)],
    [sim.signTransaction, message, '9120', 'card/terminal-needed', named(sim.signTransaction)],
    [sim.verify, block, '63C2', 'card/wrong-pin', { triesLeft: 2 }],
    [sim.verify, block, '63C1', 'card/wrong-pin', { triesLeft: 1 }],
    [sim.verify, block, '63C0', 'card/pin-blocked', { unblockWith: 'PUK' }],
    [sim.verify, block, '6983', 'card/pin-blocked', { unblockWith: 'PUK' }],
    [sim.verify, block, '6985', 'card/wrong-life-cycle', { ...named(sim.verify), states: ['personalised'] }],
    [sim.changeReferenceData, change, '63C1', 'card/wrong-pin', { triesLeft: 1 }],
    [sim.changeReferenceData, change, '6983', 'card/pin-blocked', { unblockWith: 'PUK' }],
    [sim.changeReferenceData, change, '6A80', 'card/pin-not-allowed', named(sim.changeReferenceData)],
    [sim.resetRetryCounter, unblock, '63C9', 'card/wrong-puk', { triesLeft: 9 }],
    [sim.resetRetryCounter, unblock, '63C0', 'card/puk-blocked', {}],
    [sim.resetRetryCounter, unblock, '6983', 'card/puk-blocked', {}],
    [sim.setDuressPin, duress, '63C9', 'card/wrong-puk', { triesLeft: 9 }],
    [sim.setDuressPin, duress, '6A80', 'card/pin-not-allowed', named(sim.setDuressPin)],
    [sim.getIccid, undefined, '6985', 'card/not-personalised', named(sim.getIccid)],
    [sim.getImsi, undefined, '6982', 'card/pin-required', named(sim.getImsi)],
    [sim.getImsi, undefined, '6985', 'card/not-personalised', named(sim.getImsi)],
    [sim.getLog, undefined, '6982', 'card/pin-required', named(sim.getLog)],
    [sim.storeData, stored, '6985', 'card/already-personalised', named(sim.storeData)],
    [
      sim.storeData,
      stored,
      '6982',
      'card/administrator-required',
      { ...named(sim.storeData), reason: 'not inside an encrypted secure channel' },
    ],
    [sim.generateKeyPair, key, '6982', 'card/pin-required', named(sim.generateKeyPair)],
    [sim.generateKeyPair, key, '6A88', 'card/no-such-key', { reference: 5 }],
    [sim.generateKeyPair, key, '6A89', 'card/slot-taken', { reference: 5 }],
    [
      sim.generateKeyPair,
      key,
      '6985',
      'card/wrong-life-cycle',
      { ...named(sim.generateKeyPair), states: ['selectable', 'personalised'] },
    ],
    [sim.readPublicKey, read, '6A88', 'card/no-such-key', { reference: 6 }],
    [sim.readPublicKey, read, '6982', 'card/pin-required', named(sim.readPublicKey)],
    [
      sim.readPublicKey,
      read,
      '6985',
      'card/not-possible',
      { ...named(sim.readPublicKey), meaning: 'a path for a key that is no wallet' },
    ],
    [sim.chooseSignatureKey, { ...read, hash: undefined }, '6A88', 'card/no-such-key', { reference: 6 }],
    [sim.hash, message, '6985', 'card/not-allowed-by-policy', named(sim.hash)],
    [sim.signTransaction, message, '6985', 'card/not-allowed-by-policy', named(sim.signTransaction)],
    [
      sim.computeDigitalSignature,
      message,
      '6985',
      'card/not-allowed-by-policy',
      named(sim.computeDigitalSignature),
    ],
    [
      sim.internalAuthenticate,
      new Uint8Array(16),
      '6985',
      'card/not-allowed-by-policy',
      named(sim.internalAuthenticate),
    ],
    [
      sim.confirmWithPin,
      { pin: block, hash: new Uint8Array(32) },
      '6985',
      'card/not-confirmed',
      named(sim.confirmWithPin),
    ],
    [
      sim.confirmWithPin,
      { pin: block, hash: new Uint8Array(32) },
      '63C2',
      'card/wrong-pin',
      { triesLeft: 2 },
    ],
    [
      sim.confirmWithPin,
      { pin: block, hash: new Uint8Array(32) },
      '6983',
      'card/pin-blocked',
      { unblockWith: 'PUK' },
    ],
    [sim.generateAttestationKey, undefined, '6A89', 'card/attestation-key-exists', {}],
    [sim.readAttestationKey, undefined, '6A88', 'card/no-attestation-key', {}],
    [
      sim.activate,
      undefined,
      '6985',
      'card/wrong-life-cycle',
      { ...named(sim.activate), states: ['blocked'] },
    ],
    [
      sim.terminate,
      undefined,
      '6982',
      'card/administrator-required',
      { ...named(sim.terminate), reason: 'not inside a secure channel' },
    ],
    [channel.initializeUpdate, update, '6A88', 'card/no-such-key-set', { version: 0x31 }],
    [channel.initializeUpdate, update, '6983', 'card/key-set-locked', { version: 0x31 }],
    [manager.putKey, put, '6A88', 'card/no-such-key-set', { version: 0x30 }],
    [manager.putKey, put, '6A89', 'card/key-set-exists', { version: 0x31 }],
    [
      manager.putKey,
      put,
      '6A84',
      'card/no-room',
      { ...named(manager.putKey), meaning: 'no room for another key set' },
    ],
  ];

  const cases = rows.map(([command, request, sw, code, details]) => ({
    name: command.name,
    ...{ command, request, sw, code, details },
  }));

  it.each(cases)('$name answered with $sw is $code', async ({ command, request, sw, code, details }) => {
    const error = await send(always(sw).transport, command, request).catch((e) => e);
    expect(error).toBeInstanceOf(CardError);
    expect(error.code).toBe(code);
    expect(error.details).toEqual(details);
    expect(error.message).toContain(`${command.name} failed: found ${sw}`);
    expect(error.remedy).not.toBe('');
  });

  const noted: readonly { command: AnyCommand; request?: unknown; sw: string; meaning: string }[] = [
    {
      command: sim.getChallenge,
      sw: '6581',
      meaning: 'the card could not write its memory; nothing changed',
    },
    {
      command: channel.externalAuthenticate,
      request: fromHex(`33${'00'.repeat(16)}`),
      sw: '6983',
      meaning: 'authentication method blocked',
    },
    { command: sim.getChallenge, sw: '6F00', meaning: 'no precise diagnosis' },
    { command: sim.getChallenge, sw: '6A88', meaning: 'referenced data not found' },
    { command: sim.getChallenge, sw: '63C2', meaning: 'comparison failed, 2 tries left' },
    { command: sim.getChallenge, sw: '9F10', meaning: 'meaning not known to this toolkit' },
  ];

  it.each(noted)('$sw beside the catalogue is card/unexpected-status: $meaning', async (row) => {
    const { command, request, sw, meaning } = row;
    const error = await send<unknown, unknown>(always(sw).transport, command, request).catch((e) => e);
    expect(error).toMatchObject({
      code: 'card/unexpected-status',
      details: { command: command.name, sw, meaning },
    });
  });

  it('never yields anything but a CardError, whatever the card answers to whatever command', async () => {
    const requests = new Map<AnyCommand, unknown>([
      ...rows.map(([command, request]) => [command, request] as const),
      [sim.getApplicationInformation, undefined],
      [sim.getKeyDirectory, undefined],
      [sim.hash, new Uint8Array(3)],
      [sim.internalAuthenticate, new Uint8Array(16)],
    ]);
    const answers = fc
      .uint8Array({ maxLength: 300 })
      .chain((body) =>
        fc
          .constantFrom('9000', '', '61', '6100', '6C00', '6982', '6985', '6A88', '6A89', '9110')
          .map((tail) => toHex(body) + tail),
      );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...requests), answers, async ([command, request], answer) => {
        const outcome = await send<unknown, unknown>(always(answer).transport, command, request).then(
          () => undefined,
          (error) => error,
        );
        expect(outcome === undefined || outcome instanceof CardError).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
