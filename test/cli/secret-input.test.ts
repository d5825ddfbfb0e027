// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { pinBlock } from '../../protocol/pin.ts';
import { pinSource, readSecret } from '../../src/cli/secret-input.ts';
import { temporaryDirectory } from '../support/cli.ts';

const place = temporaryDirectory();
afterEach(() => {
  delete process.env.BSIM_PIN;
});
afterAll(() => place.remove());

describe('a PIN that is read', () => {
  it('never becomes digits that nobody wrote', async () => {
    // U+0131, U+FF12 and U+0133 end in the bytes of '1', a control and '3'.
    for (const text of ['\u0131234', '\uff1234', '12\u013334', '１２３４']) {
      process.env.BSIM_PIN = text;
      const pin = await readSecret(pinSource());
      expect(() => pinBlock(pin)).toThrowError(expect.objectContaining({ code: 'protocol/bad-pin' }));
    }
  });

  it('is the first line of its file, however the line ends', async () => {
    for (const text of ['1234', '1234\n', '1234\r\n', '1234\nsecond line']) {
      writeFileSync(place.at('pin'), text);
      expect(await readSecret(pinSource(place.at('pin')))).toEqual(Uint8Array.of(0x31, 0x32, 0x33, 0x34));
    }
  });
});
