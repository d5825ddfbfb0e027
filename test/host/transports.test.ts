// SPDX-License-Identifier: Apache-2.0
import { createCard, listenVpcd } from '../../applet-sim/index.ts';
import { emulatorTransport } from '../../host/transports/emulator.ts';
import { replayTransport } from '../../host/transports/replay.ts';
import { openTcp } from '../../host/transports/tcp.ts';
import { describeTransport } from '../conformance/transport.ts';

// The way through PC/SC passes the same suite in test/pcsc/pcscd.test.ts.
describeTransport('emulator', { open: async ({ profile }) => emulatorTransport(createCard({ profile })) });
describeTransport('replay', { open: async ({ transcript }) => replayTransport(transcript) });
describeTransport('tcp', {
  open: async ({ profile }) => {
    const listener = await listenVpcd(createCard({ profile }));
    const transport = await openTcp({ host: '127.0.0.1', port: listener.port });
    return {
      ...transport,
      close: async () => {
        await transport.close();
        await listener.close();
      },
    };
  },
});
