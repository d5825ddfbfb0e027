// SPDX-License-Identifier: Apache-2.0
import { type CommandApdu, decodeCommandApdu, decodeResponseApdu, encodeCommandApdu } from '../apdu.ts';
import { concat, equalBytes, uint16, wipe } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import { macLength, type Scp03Mode } from './key-set.ts';
import {
  CLA_SECURE,
  commandMac,
  decryptData,
  encryptData,
  isExtended,
  isPlainClass,
  isProtectedStatus,
  isSecureClass,
  responseMac,
} from './message-protection.ts';
import { isSecurityLevel, SECURITY_LEVEL, shortDataMax } from './security-level.ts';
import { type SessionKeys, wipeSessionKeys } from './session-keys.ts';

export { isSecurityLevel, SECURITY_LEVEL, securityLevels } from './security-level.ts';

/** The host's end of a secure channel. */
export type SecureChannelHost = {
  /** One of `securityLevels`. */
  readonly level: number;
  /** Longest plain data field, in bytes, of a command that is to stay a short APDU. */
  readonly dataMax: number;
  /** EXTERNAL AUTHENTICATE with the host cryptogram and its MAC; the first command, and its answer comes bare. */
  authenticate(hostCryptogram: Uint8Array, channel?: number): Uint8Array;
  /** The protected form of a plain C-APDU on channel 0 to 3; Le stays. Throws `protocol/bad-apdu` as the decoder does. */
  wrap(command: Uint8Array): Uint8Array;
  /**
   * The plain R-APDU to the command that was wrapped last. An error status word comes without data and is not
   * authenticated. Throws `protocol/bad-secure-message`, after which the channel is closed.
   */
  unwrap(response: Uint8Array): Uint8Array;
  /** Wipes the session keys; whatever is asked next throws `protocol/bad-secure-message`. */
  wipe(): void;
};

/** The card's end of a secure channel. */
export type SecureChannelCard = {
  /** 0 until the host is authenticated and after the channel was closed, then one of `securityLevels`. */
  readonly level: number;
  /**
   * Whether EXTERNAL AUTHENTICATE has a permitted level in P1, the host cryptogram that is expected, and a right MAC.
   * On false the channel is closed: the card answers 6300.
   */
  acceptAuthentication(command: CommandApdu, hostCryptogram: Uint8Array): boolean;
  /**
   * The plain command of a protected one, with its channel and Le, or undefined where it is not protected as the level
   * asks; then the channel is closed and the card answers 6982. Le and the channel are not covered by the MAC.
   */
  unwrap(command: CommandApdu): CommandApdu | undefined;
  /** The data field of the answer to the command unwrapped last; none with an error status word where R-MAC is on. */
  wrap(data: Uint8Array, sw: number): Uint8Array;
  /** Wipes the session keys and closes the channel. */
  wipe(): void;
};

const INS_EXTERNAL_AUTHENTICATE = 0x82;
const NO_DATA = new Uint8Array(0);

/**
 * The host's end, before EXTERNAL AUTHENTICATE. It owns `keys` and wipes them when it is wiped or the card's answer does
 * not verify. Throws `protocol/bad-secure-message` for a level that is not offered.
 * Source: GlobalPlatform Amendment D v1.2 §6.2.3 to §6.2.7.
 */
export function secureChannelHost(keys: SessionKeys, mode: Scp03Mode, level: number): SecureChannelHost {
  if (!isSecurityLevel(level)) {
    wipeSessionKeys(keys);
    throw badMessage(`security level ${level}`, '01, 03, 11, 13 or 33');
  }
  const macBytes = macLength(mode);
  let chaining: Uint8Array = new Uint8Array(16);
  let counter = 0;
  let state: 'new' | 'open' | 'closed' = 'new';

  const has = (bit: number): boolean => (level & bit) !== 0;
  const expect = (expected: 'new' | 'open'): void => {
    if (state !== expected) throw badMessage(`a channel that is ${state}`, `one that is ${expected}`);
  };
  const protect = (command: CommandApdu): Uint8Array => {
    const extended = isExtended(command.data.length + macBytes, command.le);
    const mac = commandMac(keys.mac, chaining, command, macBytes, extended);
    const bytes = encodeCommandApdu({
      ...command,
      cla: command.cla | CLA_SECURE,
      data: concat(command.data, mac.subarray(0, macBytes)),
    });
    chaining = mac;
    return bytes;
  };
  const close = (): void => {
    state = 'closed';
    wipeSessionKeys(keys);
    wipe(chaining);
  };
  const refuse = (found: string, expected: string): ProtocolError => {
    close();
    return badMessage(found, expected);
  };

  return {
    level,
    dataMax: shortDataMax(mode, level),
    authenticate: (hostCryptogram, channel = 0) => {
      expect('new');
      if (hostCryptogram.length !== macBytes)
        throw badMessage(`a host cryptogram of ${hostCryptogram.length} bytes`, `${macBytes} bytes`);
      if (!isPlainClass(0x80 | channel)) throw badMessage(`channel ${channel}`, 'one from 0 to 3');
      const apdu = protect({
        cla: 0x80 | channel,
        ins: INS_EXTERNAL_AUTHENTICATE,
        p1: level,
        p2: 0,
        data: hostCryptogram,
      });
      state = 'open';
      return apdu;
    },
    wrap: (bytes) => {
      expect('open');
      const command = decodeCommandApdu(bytes);
      if (!isPlainClass(command.cla))
        throw badMessage(`class ${command.cla}`, 'a class without secure messaging on channel 0 to 3');
      const data = has(SECURITY_LEVEL.cEncryption)
        ? encryptData(keys.enc, 'command', counter + 1, command.data)
        : command.data;
      const apdu = protect({ ...command, data });
      wipe(command.data);
      // Counts commands without data too.
      counter++;
      return apdu;
    },
    unwrap: (bytes) => {
      expect('open');
      const { data, sw } = decodeResponseApdu(bytes);
      if (!has(SECURITY_LEVEL.rMac)) return bytes;
      if (!isProtectedStatus(sw)) return uint16(sw);
      const end = data.length - macBytes;
      if (end < 0) throw refuse(`an answer of ${data.length} bytes`, `an R-MAC of ${macBytes} bytes`);
      const sent = data.subarray(0, end);
      const mac = responseMac(keys.rmac, chaining, sent, sw);
      if (!equalBytes(mac.subarray(0, macBytes), data.subarray(end)))
        throw refuse('an R-MAC that does not fit', 'the one of the answer');
      const plain = has(SECURITY_LEVEL.rEncryption) ? decryptData(keys.enc, 'response', counter, sent) : sent;
      if (plain === undefined) throw refuse('an answer that does not decrypt', 'padded blocks of 16 bytes');
      const answer = concat(plain, uint16(sw));
      if (plain !== sent) wipe(plain);
      return answer;
    },
    wipe: close,
  };
}

/**
 * The card's end, before EXTERNAL AUTHENTICATE. It owns `keys` and wipes them when it is wiped or a command is refused.
 * Nothing here throws on what a host sends.
 * Source: GlobalPlatform Amendment D v1.2 §6.2.3 to §6.2.7.
 */
export function secureChannelCard(keys: SessionKeys, mode: Scp03Mode): SecureChannelCard {
  const macBytes = macLength(mode);
  let chaining: Uint8Array = new Uint8Array(16);
  let counter = 0;
  let level = 0;
  let closed = false;

  const has = (bit: number): boolean => (level & bit) !== 0;
  const close = (): undefined => {
    closed = true;
    level = 0;
    wipeSessionKeys(keys);
    wipe(chaining);
  };
  /** The command without its MAC, or undefined where that does not fit; the chaining value moves on only if it does. */
  const verified = (command: CommandApdu): CommandApdu | undefined => {
    const end = command.data.length - macBytes;
    if (closed || !isSecureClass(command.cla) || end < 0) return undefined;
    const unsigned = { ...command, data: command.data.subarray(0, end) };
    const given = command.data.subarray(end);
    // A host may send a short command in extended form, which a decoded command no longer shows; the MAC covers Lc.
    const forms = isExtended(command.data.length, command.le) ? [true] : [false, true];
    for (const extended of forms) {
      const mac = commandMac(keys.mac, chaining, unsigned, macBytes, extended);
      if (!equalBytes(mac.subarray(0, macBytes), given)) continue;
      chaining = mac;
      return unsigned;
    }
    return undefined;
  };

  return {
    get level() {
      return level;
    },
    acceptAuthentication: (command, hostCryptogram) => {
      const fits =
        level === 0 &&
        command.ins === INS_EXTERNAL_AUTHENTICATE &&
        isSecurityLevel(command.p1) &&
        command.p2 === 0;
      const unsigned = fits ? verified(command) : undefined;
      if (unsigned === undefined || !equalBytes(unsigned.data, hostCryptogram)) {
        close();
        return false;
      }
      level = command.p1;
      return true;
    },
    unwrap: (command) => {
      const unsigned = level === 0 ? undefined : verified(command);
      if (unsigned === undefined) return close();
      counter++;
      const data = has(SECURITY_LEVEL.cEncryption)
        ? decryptData(keys.enc, 'command', counter, unsigned.data)
        : new Uint8Array(unsigned.data);
      if (data === undefined) return close();
      return { ...unsigned, cla: unsigned.cla & ~CLA_SECURE, data };
    },
    wrap: (data, sw) => {
      if (!has(SECURITY_LEVEL.rMac)) return data;
      if (!isProtectedStatus(sw)) return NO_DATA;
      const sent = has(SECURITY_LEVEL.rEncryption) ? encryptData(keys.enc, 'response', counter, data) : data;
      return concat(sent, responseMac(keys.rmac, chaining, sent, sw).subarray(0, macBytes));
    },
    wipe: close,
  };
}

function badMessage(found: string, expected: string): ProtocolError {
  return new ProtocolError(
    'protocol/bad-secure-message',
    `secure message not taken: found ${found}, expected ${expected}`,
    { reason: found },
  );
}
