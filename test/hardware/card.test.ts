// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCard } from '../../applet-sim/index.ts';
import { parseReaderUri } from '../../host/open-transport.ts';
import type { Requirement } from '../conformance/apdu-fixtures.ts';
import { type ConnectedCard, cardConformance } from '../conformance/card.ts';
import { openCardSession } from '../conformance/card-session.ts';
import { blankAgain, readerCardLacks } from '../conformance/reused-card.ts';
import { startProcess } from '../support/line-process.ts';
import { pcscScript } from '../support/pcsc-namespace.ts';
import { connectReader } from '../support/reader-card.ts';

/*
 * A real card: BSIM_READER=pcsc:NAME names its reader. It loses all keys and personal data, again and again. Its key set 30
 * has GlobalPlatform's test keys.
 * BSIM_CARD_LACKS: what it has not, separated by commas, such as Ed25519,SM2 (fixtures/apdu/README.md).
 */
const { BSIM_READER, BSIM_CARD_LACKS = '' } = process.env;

if (BSIM_READER !== undefined)
  describe(BSIM_READER, () => {
    const lacks = BSIM_CARD_LACKS.split(',').filter((each) => each !== '') as Requirement[];
    let card: ConnectedCard;
    beforeAll(async () => {
      const uri = parseReaderUri(BSIM_READER);
      expect(uri.scheme, 'a card in a PC/SC reader; the emulator has tests of its own').toBe('pcsc');
      const reader = uri.scheme === 'pcsc' ? uri.reader : '';
      const conversation = [pcscScript('hold-conversation.mjs'), reader];
      card = await connectReader(startProcess(process.execPath, conversation));
    });
    afterAll(() => card?.close());

    cardConformance('the card in it', () => blankAgain(card), {
      lacks: [...readerCardLacks, ...lacks],
    });
  });

describe('a card that can only be used again', () => {
  const emulated = (): ConnectedCard => {
    const card = createCard();
    return {
      exchange: async (apdu) => card.process(apdu),
      reset: async () => card.reset(),
      close: async () => card.close(),
    };
  };

  it.each(['blank with keys', 'verified with keys', 'PIN blocked', 'PUK blocked', 'blocked'])(
    'is blank after it was brought into the state "%s"',
    async (state) => {
      const card = emulated();
      await openCardSession(card).bring(state);
      const session = openCardSession(await blankAgain(card));
      await session.run('00 CA FF 20 00', '6D00');
      await session.bring('blank');
      await session.run('00 CA FF 20 00', '9000', '81 02 *2 82 01 07 **');
      await session.run('00 CA FF 21 00', '9000', '');
    },
  );

  it('says so when it is terminated', async () => {
    const card = emulated();
    await openCardSession(card).bring('terminated');
    await expect(blankAgain(card)).rejects.toThrow('found 6985 to FACTORY RESET, expected 9000');
  });

  it('stays connected when a test closes it, and serves the next', async () => {
    const card = emulated();
    await (await blankAgain(card)).close();
    await openCardSession(await blankAgain(card)).bring('blank');
  });
});
