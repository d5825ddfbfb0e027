// SPDX-License-Identifier: Apache-2.0
import { createCard, type Profile } from '../../applet-sim/index.ts';
import { type ConnectedCard, cardConformance } from '../conformance/card.ts';

const connect = (profile: Profile) => async (): Promise<ConnectedCard> => {
  const card = createCard({
    profile,
    onFault: (cause) => {
      throw cause;
    },
  });
  return {
    exchange: async (apdu) => card.process(apdu),
    reset: async () => card.reset(),
    close: async () => card.close(),
  };
};

cardConformance('the emulator with T=1', connect('t1'));
cardConformance('the emulator with T=0', connect('t0'));
