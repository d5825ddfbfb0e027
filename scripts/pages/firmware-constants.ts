// SPDX-License-Identifier: Apache-2.0
import { ATTESTATION_TYPE } from '../../protocol/attestation.ts';
import { utf8 } from '../../protocol/bytes.ts';
import { type Access, type AnyCommand, everyState } from '../../protocol/command.ts';
import {
  APPLICATION_VERSION,
  CERTIFICATES_MAX,
  confirmations,
  keyOrigins,
} from '../../protocol/commands/blockchain-sim/get-data.ts';
import { blockchainSimCommands } from '../../protocol/commands/blockchain-sim/index.ts';
import { POLICY_FLAG } from '../../protocol/commands/blockchain-sim/key-policy.ts';
import { KEY_SLOTS, PATH_LEVELS_MAX } from '../../protocol/commands/blockchain-sim/key-reference.ts';
import { KEY_USAGE, keyRoles } from '../../protocol/commands/blockchain-sim/key-role.ts';
import { SIGNED_BYTES_MAX } from '../../protocol/commands/blockchain-sim/security-operation.ts';
import { getResponse } from '../../protocol/commands/card/get-response.ts';
import { select, selectNext } from '../../protocol/commands/card/select.ts';
import { keyVersions } from '../../protocol/commands/secure-channel/authentication.ts';
import { secureChannelCommands } from '../../protocol/commands/secure-channel/index.ts';
import { toBeSigned } from '../../protocol/cose.ts';
import { cardCurves } from '../../protocol/crypto/card-curve.ts';
import { cardHashes } from '../../protocol/crypto/card-hash.ts';
import { aidBytes, BLOCKCHAIN_SIM_AID } from '../../protocol/identifiers/aid.ts';
import { lifeCycleStates } from '../../protocol/life-cycle.ts';
import { PIN_TRIES, PUK_TRIES } from '../../protocol/pin.ts';
import { PIN_RULE } from '../../protocol/pin-rules.ts';
import { SECURITY_LEVEL, securityLevels } from '../../protocol/scp03/security-level.ts';
import { LOG_CAPACITY, LOG_ENTRY_LENGTH, LOG_HEAD_LENGTH, logEvents } from '../../protocol/security-log.ts';
import { TRANSACTION_TYPE } from '../../protocol/signer.ts';
import { internalAuthenticateMessage } from '../../protocol/statements.ts';
import { SW } from '../../protocol/status-word.ts';
import { appletCurves, appletHashes } from './applet.ts';

/** Longest data field that Java Card hands to an applet. */
const DATA_MAX = 0x7fff;

/** Every command that reaches the applet, in the order of the table. */
const commands: Readonly<Record<string, AnyCommand>> = {
  ...secureChannelCommands,
  ...blockchainSimCommands,
  getResponse,
  select,
  selectNext,
};

const accesses: Readonly<Record<Access, number>> = {
  anyone: 0,
  holder: 1,
  administrator: 2,
  'holder-or-administrator': 3,
  'administrator-with-holder': 4,
};
const parameterKinds = { none: 0, keyVersion: 1, securityLevel: 2 } as const;
const flags = { gathered: 0x01, streamed: 0x02, secretData: 0x04 } as const;

/** Protocol.java: the contract of protocol/ as the constants of the applet. */
export function firmwareConstants(): string {
  const names = Object.keys(commands);
  return [
    '// SPDX-License-Identifier: Apache-2.0',
    'package bsim.card;',
    '',
    '/** The contract of card and host as constants; made from protocol/ by `npm run generate`, not to be edited. */',
    'final class Protocol {',
    ...shorts('SW', SW),
    ...bytes('LIFE_CYCLE', lifeCycleStates),
    ...bytes(
      'ALGORITHM',
      mapValues(pick(cardCurves, appletCurves), ({ algorithmId }) => algorithmId),
    ),
    ...bytes(
      'HASH',
      mapValues(pick(cardHashes, appletHashes), ({ hashId }) => hashId),
    ),
    ...shorts(
      'COSE_CURVE',
      mapValues(pick(cardCurves, appletCurves), ({ coseCurve }) => coseCurve),
    ),
    ...bytes('ROLE', keyRoles),
    ...bytes('USAGE', KEY_USAGE),
    ...bytes('POLICY', POLICY_FLAG),
    ...bytes('ORIGIN', keyOrigins),
    ...bytes('CONFIRMATION', confirmations),
    ...bytes('PIN_RULE', PIN_RULE),
    ...bytes('LEVEL', SECURITY_LEVEL),
    ...bytes(
      'LOG',
      mapValues(logEvents, ({ id }) => id),
    ),
    ...shorts('', {
      pinTries: PIN_TRIES,
      pukTries: PUK_TRIES,
      keySlots: KEY_SLOTS,
      pathBytesMax: 4 * PATH_LEVELS_MAX,
      certificatesMax: CERTIFICATES_MAX,
      signedBytesMax: SIGNED_BYTES_MAX,
      logCapacity: LOG_CAPACITY,
      logEntryLength: LOG_ENTRY_LENGTH,
      logHeadLength: LOG_HEAD_LENGTH,
    }),
    ...array('AID', aidBytes(BLOCKCHAIN_SIM_AID)),
    ...array('APPLICATION_VERSION', APPLICATION_VERSION),
    ...array(
      'ALGORITHMS',
      Uint8Array.from(appletCurves, (name) => cardCurves[name].algorithmId),
    ),
    ...array(
      'HASHES',
      Uint8Array.from(appletHashes, (name) => cardHashes[name].hashId),
    ),
    ...array('SECURITY_LEVELS', Uint8Array.from(securityLevels)),
    ...comment('What comes before the challenge that INTERNAL AUTHENTICATE signs.'),
    ...array('INTERNAL_AUTHENTICATE', internalAuthenticateMessage(new Uint8Array(0))),
    ...comment('Sig_structure up to the head of its payload: of a transaction, and of an attestation.'),
    ...array('SIG_STRUCTURE_P256', sigStructure('P-256', TRANSACTION_TYPE)),
    ...array('SIG_STRUCTURE_SECP256K1', sigStructure('secp256k1', TRANSACTION_TYPE)),
    ...array('SIG_STRUCTURE_ATTESTATION', sigStructure('P-256', ATTESTATION_TYPE)),
    ...comment('COSE_Sign1 of an attestation up to the head of its payload.'),
    ...array('SIGN1_ATTESTATION', sign1Attestation()),
    ...comment('Names of the messages that the card understands.'),
    ...array('MONEY_TRANSFER', utf8('money/transfer')),
    ...array('IDENTITY_CREATE', utf8('identity/create')),
    ...array('IDENTITY_DEACTIVATE', utf8('identity/deactivate')),
    ...names.map((name, index) => constant('byte', `COMMAND_${constantName(name)}`, index)),
    '',
    ...shorts('COLUMN', columns),
    ...bytes('PARAMETER', parameterKinds),
    ...bytes('ACCESS', accesses),
    ...bytes('FLAG', flags),
    ...bytes('STATE', Object.fromEntries(everyState.map((state, bit) => [state, 1 << bit]))),
    ...comment('The commands, a row each: see the columns.'),
    '  static final byte[] COMMANDS = {',
    ...Object.entries(commands).map(([name, command]) => `    ${row(command)} // ${constantName(name)}`),
    '  };',
    '',
    '  private Protocol() {}',
    '}',
    '',
  ].join('\n');
}

const columns = {
  cla: 0,
  ins: 1,
  p1: 2,
  p2: 3,
  parameter: 4,
  least: 5,
  leastPresent: 7,
  most: 9,
  states: 11,
  access: 12,
  flags: 13,
  width: 14,
} as const;

function row({ cla, ins, p1, p2, parameter, data, states, access, chaining, secret }: AnyCommand): string {
  const ofParameter = parameter === undefined ? 0 : 1;
  const uint16 = (value: number): number[] => {
    const length = Math.min(Math.max(0, value - ofParameter), DATA_MAX);
    return [length >> 8, length & 0xff];
  };
  const kind =
    parameter === undefined
      ? parameterKinds.none
      : parameter.values === keyVersions
        ? parameterKinds.keyVersion
        : parameterKinds.securityLevel;
  const cells = [
    cla & ~0x04,
    ins,
    p1,
    p2,
    kind,
    ...uint16(data.min),
    ...uint16(data.minWhenPresent ?? data.min),
    ...uint16(data.max),
    everyState.reduce((sum, state, bit) => sum | (states.includes(state) ? 1 << bit : 0), 0),
    accesses[access],
    (chaining === undefined ? 0 : flags[chaining]) | (secret === 'data' ? flags.secretData : 0),
  ];
  return `${cells.map(byteLiteral).join(', ')},`;
}

const sigStructure = (curve: 'P-256' | 'secp256k1', type: string): Uint8Array =>
  toBeSigned(curve, type, new Uint8Array(0)).slice(0, -1);

/** Tag, array of 4, protected header, empty map: as the Sig_structure has the header. */
function sign1Attestation(): Uint8Array {
  const structure = sigStructure('P-256', ATTESTATION_TYPE);
  // Array of 4, the text "Signature1"; the empty external_aad at the end.
  const header = structure.slice(2 + 'Signature1'.length, -1);
  return Uint8Array.of(0xd2, 0x84, ...header, 0xa0);
}

const constantName = (name: string): string =>
  name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll(/[^A-Za-z0-9]+/g, '_')
    .replace(/^P_256$/, 'P256')
    .replace(/^SHA_/, 'SHA')
    .replace(/^Keccak_256$/, 'KECCAK256')
    .toUpperCase();

const hexOf = (value: number, digits: number): string =>
  `0x${value.toString(16).toUpperCase().padStart(digits, '0')}`;
const byteLiteral = (value: number): string =>
  value < 0x80 ? (value < 10 ? String(value) : hexOf(value, 2)) : `(byte) ${hexOf(value, 2)}`;
const shortLiteral = (value: number): string =>
  value < 0x8000 ? (value < 0x100 ? String(value) : hexOf(value, 4)) : `(short) ${hexOf(value, 4)}`;

const constant = (type: 'byte' | 'short', name: string, value: number): string =>
  `  static final ${type} ${name} = ${type === 'byte' ? byteLiteral(value) : shortLiteral(value)};`;

const table = (
  type: 'byte' | 'short',
  prefix: string,
  values: Readonly<Record<string, number>>,
): string[] => [
  ...Object.entries(values).map(([name, value]) =>
    constant(type, [prefix, constantName(name)].filter((part) => part !== '').join('_'), value),
  ),
  '',
];
const bytes = (prefix: string, values: Readonly<Record<string, number>>): string[] =>
  table('byte', prefix, values);
const shorts = (prefix: string, values: Readonly<Record<string, number>>): string[] =>
  table('short', prefix, values);

const comment = (text: string): string[] => [`  /** ${text} */`];

const array = (name: string, value: Uint8Array): string[] => {
  const cells = [...value].map(byteLiteral);
  const rows = Array.from({ length: Math.ceil(cells.length / 8) }, (_, i) => cells.slice(8 * i, 8 * i + 8));
  return [`  static final byte[] ${name} = {`, ...rows.map((each) => `    ${each.join(', ')},`), '  };', ''];
};

const pick = <Name extends string, Value>(
  values: Readonly<Record<Name, Value>>,
  names: readonly Name[],
): Readonly<Record<string, Value>> => Object.fromEntries(names.map((name) => [name, values[name]]));

const mapValues = <Value>(
  values: Readonly<Record<string, Value>>,
  map: (value: Value) => number,
): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(value)]));
