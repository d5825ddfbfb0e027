// SPDX-License-Identifier: Apache-2.0
import { createCard } from '../../applet-sim/index.ts';
import { emulatorTransport } from '../../host/transports/emulator.ts';
import { replayTransport } from '../../host/transports/replay.ts';
import { describeTransport } from '../conformance/transport.ts';

// The way through PC/SC passes the same suite in test/pcsc/pcscd.test.ts.
describeTransport('emulator', { open: async ({ profile }) => emulatorTransport(createCard({ profile })) });
describeTransport('replay', { open: async ({ transcript }) => replayTransport(transcript) });
