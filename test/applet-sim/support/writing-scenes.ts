// SPDX-License-Identifier: Apache-2.0
import { concat, fromHex, toHex } from '../../../protocol/bytes.ts';
import { blockchainSimCommands as custody } from '../../../protocol/commands/blockchain-sim/index.ts';
import { cardManagerCommands as manager } from '../../../protocol/commands/card-manager/index.ts';
import { secureChannelCommands } from '../../../protocol/commands/secure-channel/index.ts';
import { aidBytes, BLOCKCHAIN_SIM_AID } from '../../../protocol/identifiers/aid.ts';
import { decodeIccid } from '../../../protocol/identifiers/iccid.ts';
import { decodeImsi } from '../../../protocol/identifiers/imsi.ts';
import { encodeTerminalResponse } from '../../../protocol/proactive-command.ts';
import { encodePutKey } from '../../../protocol/scp03/put-key.ts';
import { iccid, imsi, keySets, peers, pins, policies, seeds } from '../../fuzz/corpus.ts';
import type { ModelState } from '../../fuzz/model/state.ts';
import { apduOf } from '../../fuzz/requests.ts';
import type { Step, Tampering } from '../../fuzz/steps.ts';
import { knownTransactions } from '../../fuzz/transactions.ts';

/** A step, or one that depends on what is known of the card by then. */
export type Act = Step | ((s: ModelState) => Step);

/** What is done to a card from a prepared state on, so that some kind of write happens. */
export type Scene = {
  readonly title: string;
  /** Name of an image of test/fuzz. */
  readonly image: string;
  readonly acts: readonly Act[];
  /** Whether the card asks a terminal. */
  readonly isTerminal?: true;
};

const send = (apdu: Uint8Array | string): Step => ({
  do: 'send',
  apdu: typeof apdu === 'string' ? apdu : toHex(apdu),
  fetch: true,
});
const secure = (apdu: Uint8Array): Step => ({ do: 'secure', apdu: toHex(apdu), fetch: true });
const select = send('00a4040007f04253494d010000');
const selectManager = send('00a4040008a00000015100000000');
const begin = send(
  apduOf(secureChannelCommands.initializeUpdate, { kvn: 0, hostChallenge: new Uint8Array(8) }),
);
const authenticate = (tamper?: Tampering): Step => ({
  do: 'authenticate',
  channel: 0,
  level: 0x33,
  ...(tamper === undefined ? {} : { tamper }),
});
const open: readonly Act[] = [select, begin, authenticate()];
const verify = (pin: string): Step => send(apduOf(custody.verify, fromHex(pin)));
const inside: readonly Act[] = [select, verify(pins.pin)];
const [OTHER, WRONG] = pins.others;
const change = (oldPin: string, newPin: string): Step =>
  send(apduOf(custody.changeReferenceData, { oldPin: fromHex(oldPin), newPin: fromHex(newPin) }));
const unblock = (puk: string, newPin: string): Step =>
  send(apduOf(custody.resetRetryCounter, { puk: fromHex(puk), newPin: fromHex(newPin) }));
const duress = (puk: string, duressPin: string): Step =>
  send(apduOf(custody.setDuressPin, { puk: fromHex(puk), duressPin: fromHex(duressPin) }));
const choose = (reference: number, path?: readonly number[]): Step =>
  send(apduOf(custody.chooseSignatureKey, { reference, ...(path === undefined ? {} : { path }) }));
const sign = (data: Uint8Array): Step => send(apduOf(custody.computeDigitalSignature, data));
const release = sign(new Uint8Array(0));
/** The transaction of a variant of test/fuzz by the key that is chosen. */
const transaction =
  (variant: number): Act =>
  ({ channels }) => {
    const { key, path, presence } = channels[0]?.chosen.get('signature') ?? {};
    const point = key?.seen.get(`${presence === 'duress-pin' ? 'decoy' : 'true'}/${path}`) ?? '';
    const { bytes = new Uint8Array(1) } = knownTransactions('P-256', point)[variant] ?? {};
    return send(apduOf(custody.signTransaction, bytes));
  };
const confirm =
  (pin: string): Act =>
  ({ work }) => {
    const hash = work?.confirmation?.transaction.hash ?? new Uint8Array(32);
    return send(apduOf(custody.confirmWithPin, { pin: fromHex(pin), hash }));
  };
const profile = send(apduOf(custody.terminalProfile, fromHex('ffffff')));
const fetch = send(apduOf(custody.fetch, undefined));
const shown = send(
  apduOf(
    custody.terminalResponse,
    encodeTerminalResponse({ details: { number: 1, type: 0x21, qualifier: 0x80 }, result: 0 }),
  ),
);
const answered = (text: string): Step =>
  send(
    apduOf(
      custody.terminalResponse,
      encodeTerminalResponse({
        details: { number: 2, type: 0x22, qualifier: 0x04 },
        result: 0,
        text: fromHex(text),
      }),
    ),
  );
const putKeys =
  (replaced: number, at: number): Act =>
  ({ secure: channel }) => {
    const set = keySets[at] ?? (keySets[0] as (typeof keySets)[number]);
    const field = encodePutKey(set, channel?.dek ?? set.dek);
    return secure(apduOf(manager.putKey, concat(Uint8Array.of(replaced), field)));
  };
/** STORE DATA of a blank card. */
export const storeData = secure(
  apduOf(custody.storeData, {
    iccid: decodeIccid(fromHex(iccid)),
    imsi: decodeImsi(fromHex(imsi)),
    pin: fromHex(pins.pin),
    puk: fromHex(pins.puk),
    pinRules: { flags: 1, minimumLength: 4 },
  }),
);
const [peer] = peers;
const seed = seeds[1] ?? new Uint8Array(32);
const REMOVAL = 'ff'.repeat(8);

/** The scenes of a card that its holder has, with keys, a PIN and a duress PIN. */
const ofHolder: Readonly<Record<string, readonly Act[]>> = {
  'VERIFY, right, wrong, with the duress PIN': [select, verify(pins.pin), verify(WRONG), verify(pins.duress)],
  'VERIFY until the PIN is blocked': [select, verify(WRONG), verify(WRONG), verify(WRONG), verify(pins.pin)],
  'CHANGE REFERENCE DATA': [
    select,
    change(WRONG, OTHER),
    change(pins.pin, OTHER),
    change(OTHER, pins.duress),
    change(pins.duress, pins.pin),
  ],
  'RESET RETRY COUNTER': [select, verify(WRONG), unblock(WRONG, OTHER), unblock(pins.puk, OTHER)],
  'RESET RETRY COUNTER of the duress PIN': [
    select,
    duress(WRONG, OTHER),
    duress(pins.puk, OTHER),
    duress(pins.puk, pins.pin),
    duress(pins.puk, REMOVAL),
  ],
  'keys made and erased by the holder': [
    ...inside,
    send(
      apduOf(custody.generateKeyPair, {
        reference: 15,
        curve: 'P-256',
        policy: { flags: 0x27, messageTypes: [] },
      }),
    ),
    send(apduOf(custody.generateKeyPair, { reference: 16, curve: 'Ed25519', role: 'wallet' })),
    send(apduOf(custody.deleteKey, { reference: 15 })),
  ],
  'keys brought and erased by the administrator': [
    ...open,
    verify(pins.pin),
    secure(apduOf(custody.importKey, { reference: 15, curve: 'P-256', role: 'agreement', secret: seed })),
    secure(apduOf(custody.importKey, { reference: 16, curve: 'P-256', role: 'wallet', secret: seed })),
    secure(apduOf(custody.deleteKey, { reference: 16 })),
    secure(apduOf(custody.deleteKey, { reference: 4 })),
  ],
  'signatures of digests and messages': [
    ...inside,
    choose(1),
    sign(new Uint8Array(32).fill(0x11)),
    send(apduOf(custody.hash, fromHex('616263'))),
    release,
    choose(3),
    sign(fromHex('616263')),
    choose(5, [0x8000_0000]),
    send(apduOf(custody.hash, fromHex('616263'))),
    release,
  ],
  'transactions up to a limit, which is reset': [
    ...open,
    verify(pins.pin),
    choose(6),
    transaction(2),
    transaction(2),
    transaction(2),
    transaction(1),
    secure(apduOf(custody.resetLimit, { reference: 6 })),
    transaction(2),
  ],
  'a transaction confirmed with the PIN': [
    ...inside,
    choose(10),
    transaction(0),
    confirm(pins.pin),
    release,
    transaction(0),
    confirm(WRONG),
    verify(pins.pin),
    choose(10),
    transaction(0),
    verify(pins.pin),
    choose(10),
    transaction(0),
    confirm(pins.duress),
  ],
  'signatures that each use up the PIN': [
    ...inside,
    choose(11),
    send(apduOf(custody.hash, fromHex('616263'))),
    release,
    verify(pins.pin),
    choose(11),
    transaction(0),
  ],
  'authentication, agreement and attestation': [
    ...inside,
    send(apduOf(custody.chooseAuthenticationKey, { reference: 1 })),
    send(apduOf(custody.internalAuthenticate, new Uint8Array(16))),
    send(apduOf(custody.chooseAgreementKey, { reference: 12 })),
    send(apduOf(custody.generalAuthenticate, { point: fromHex(peer?.point ?? '') })),
    send(apduOf(custody.attest, { reference: 1, challenge: new Uint8Array(16) })),
  ],
  'certificates, replaced': [
    ...open,
    secure(apduOf(custody.putCertificates, new Uint8Array(200).fill(0x30))),
  ],
  'DEACTIVATE FILE and ACTIVATE FILE': [
    ...open,
    secure(apduOf(custody.block, undefined)),
    secure(apduOf(custody.activate, undefined)),
  ],
  'TERMINATE DF': [...open, secure(apduOf(custody.terminate, undefined))],
  'FACTORY RESET': [...open, secure(apduOf(custody.factoryReset, undefined))],
  'EXTERNAL AUTHENTICATE, right and wrong, through both applications': [
    ...open,
    begin,
    authenticate({ at: 6, xor: 1 }),
    begin,
    authenticate({ at: 16, xor: 1 }),
    selectManager,
    begin,
    authenticate({ at: 6, xor: 1 }),
    begin,
    authenticate(),
  ],
  'PUT KEY, new and in place of another': [
    selectManager,
    begin,
    authenticate(),
    putKeys(0, 1),
    putKeys(0x31, 2),
    putKeys(0x30, 3),
  ],
};

/** Every command that writes, in every way that it writes. */
export const scenes: readonly Scene[] = [
  ...Object.entries(ofHolder).map(([title, acts]) => ({ title, image: 'with a duress PIN', acts })),
  {
    title: 'a transaction confirmed at the terminal, or not',
    image: 'with a duress PIN',
    isTerminal: true,
    acts: [
      ...inside,
      profile,
      choose(10),
      transaction(0),
      fetch,
      shown,
      fetch,
      answered('0401'),
      release,
      transaction(0),
      fetch,
      shown,
      fetch,
      answered('0400'),
      transaction(0),
      send('00caff2000'),
    ],
  },
  { title: 'the PUK’s last try', image: 'last tries', acts: [select, verify(WRONG), unblock(WRONG, OTHER)] },
  { title: 'a full log', image: 'full log', acts: [select, verify(pins.pin), verify(WRONG)] },
  {
    title: 'personalisation',
    image: 'blank with keys',
    acts: [...open, storeData, verify(pins.pin)],
  },
  {
    title: 'what the issuer makes on a blank card',
    image: 'blank',
    acts: [
      ...open,
      secure(apduOf(custody.generateKeyPair, { reference: 1, curve: 'P-256', ...given(policies[5]) })),
      secure(apduOf(custody.importKey, { reference: 2, curve: 'P-256', role: 'agreement', secret: seed })),
      secure(apduOf(custody.generateAttestationKey, undefined)),
      secure(apduOf(custody.putCertificates, fromHex('3000'))),
      secure(apduOf(custody.deleteKey, { reference: 2 })),
      storeData,
    ],
  },
  {
    title: 'the last try of a key set',
    image: 'last authentication',
    acts: [select, begin, authenticate({ at: 6, xor: 1 }), begin],
  },
  {
    title: 'INSTALL for make selectable',
    image: 'installed',
    acts: [
      selectManager,
      begin,
      authenticate(),
      secure(apduOf(manager.makeSelectable, aidBytes(BLOCKCHAIN_SIM_AID))),
    ],
  },
];

/** A story over all of a card's life, from a blank card to one that is blank again; it can be played over and over. */
export const story: readonly Act[] = [
  ...open,
  secure(apduOf(custody.generateKeyPair, { reference: 1, curve: 'P-256', ...given(policies[1]) })),
  secure(apduOf(custody.generateKeyPair, { reference: 6, curve: 'P-256', ...given(policies[5]) })),
  secure(apduOf(custody.importKey, { reference: 12, curve: 'P-256', role: 'agreement', secret: seed })),
  secure(apduOf(custody.generateAttestationKey, undefined)),
  storeData,
  ...(ofHolder['VERIFY, right, wrong, with the duress PIN'] ?? []),
  ...(ofHolder['RESET RETRY COUNTER of the duress PIN'] ?? []),
  ...inside,
  choose(1),
  sign(new Uint8Array(32).fill(0x11)),
  choose(6),
  transaction(2),
  transaction(1),
  ...(ofHolder['authentication, agreement and attestation'] ?? []),
  change(pins.pin, OTHER),
  unblock(WRONG, pins.pin),
  unblock(pins.puk, pins.pin),
  ...open,
  secure(apduOf(custody.putCertificates, new Uint8Array(200).fill(0x30))),
  secure(apduOf(custody.block, undefined)),
  secure(apduOf(custody.activate, undefined)),
  begin,
  authenticate({ at: 6, xor: 1 }),
  ...open,
  secure(apduOf(custody.factoryReset, undefined)),
];

function given<Policy>(policy: Policy | undefined): { policy?: Policy } {
  return policy === undefined ? {} : { policy };
}
