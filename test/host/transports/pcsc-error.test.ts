// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import {
  anyError,
  connectError,
  mayBeRemoval,
  pcscCodeOf,
  transmitError,
} from '../../../host/transports/pcsc/pcsc-error.ts';

/** An error as npm pcsclite makes it. */
const native = (code: string): Error => new Error(`SCardTransmit error: Some text. (${code})`);

describe('pcscCodeOf', () => {
  it('reads the code at the end of a message, also when it is sign-extended', () => {
    expect(pcscCodeOf(native('0x80100068'))).toBe(0x80100068);
    expect(pcscCodeOf(native('0xffffffff80100068'))).toBe(0x80100068);
  });

  it('gives undefined for anything else', () => {
    expect(pcscCodeOf(new Error('Card Reader not connected'))).toBeUndefined();
    expect(pcscCodeOf('0x80100068')).toBeUndefined();
  });
});

describe('connectError', () => {
  // Codes: PC/SC part 5 §3.1, as in pcsclite.h.
  it.each([
    ['SCARD_E_NO_SMARTCARD', '0x8010000c', 'card/no-card'],
    ['SCARD_W_REMOVED_CARD', '0x80100069', 'card/no-card'],
    ['SCARD_W_UNRESPONSIVE_CARD', '0x80100066', 'card/no-card'],
    ['SCARD_W_UNPOWERED_CARD', '0x80100067', 'card/no-card'],
    ['SCARD_E_SHARING_VIOLATION', '0x8010000b', 'card/reader-busy'],
    ['SCARD_E_NO_SERVICE', '0x8010001d', 'card/driver-missing'],
    ['SCARD_W_SECURITY_VIOLATION', '0x8010006a', 'card/driver-missing'],
    ['SCARD_F_COMM_ERROR', '0x80100013', 'card/transport-failed'],
  ])('%s is %s: %s', (_, code, expected) => {
    const cause = native(code);
    expect(connectError('Reader 0', cause)).toMatchObject({ code: expected, cause });
  });
});

describe('transmitError', () => {
  it.each([
    ['SCARD_W_RESET_CARD', '0x80100068', true, 'card/reset'],
    ['SCARD_W_UNPOWERED_CARD', '0x80100067', true, 'card/reset'],
    ['SCARD_W_REMOVED_CARD', '0x80100069', true, 'card/removed'],
    ['SCARD_E_NO_SMARTCARD', '0x8010000c', true, 'card/removed'],
    ['SCARD_E_READER_UNAVAILABLE', '0x80100017', true, 'card/removed'],
    ['SCARD_E_UNKNOWN_READER', '0x80100009', true, 'card/removed'],
    ['SCARD_E_NOT_TRANSACTED, card gone', '0x80100016', false, 'card/removed'],
    ['SCARD_E_NOT_TRANSACTED, card there', '0x80100016', true, 'card/transport-failed'],
    ['SCARD_E_NO_SERVICE', '0x8010001d', false, 'card/driver-missing'],
    ['SCARD_W_SECURITY_VIOLATION', '0x8010006a', true, 'card/driver-missing'],
    ['SCARD_E_SERVICE_STOPPED', '0x8010001e', false, 'card/driver-missing'],
  ])('%s (%s, present %s) is %s', (_, code, present, expected) => {
    const cause = native(code);
    expect(transmitError('Reader 0', present, cause)).toMatchObject({ code: expected, cause });
  });

  it('asks the reader only where the code leaves it open whether the card is gone', () => {
    expect(mayBeRemoval(native('0x80100016'))).toBe(true);
    expect(mayBeRemoval(native('0x8010002f'))).toBe(true);
    expect(mayBeRemoval(native('0x80100068'))).toBe(false);
  });
});

describe('anyError', () => {
  it('keeps what was thrown, an Error or not', () => {
    expect(anyError('Reader 0', 'card not opened', 'a text')).toMatchObject({
      code: 'card/transport-failed',
      message: 'card not opened (Reader 0): found a text, expected success',
      details: { reader: 'Reader 0', reason: 'a text' },
    });
  });
});
