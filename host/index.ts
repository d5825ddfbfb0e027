// SPDX-License-Identifier: Apache-2.0
export * from './clients/blockchain-sim.ts';
export * from './errors.ts';
export * from './layers/get-response.ts';
export * from './layers/record.ts';
export * from './layers/right-length.ts';
export * from './layers/trace.ts';
export * from './open-transport.ts';
export * from './send.ts';
export * from './signers/card-signer.ts';
export * from './transcript.ts';
export * from './transports/emulator.ts';
export * from './transports/replay.ts';
