// SPDX-License-Identifier: Apache-2.0

export { attachVpcd, type VpcdAttachment, type VpcdOptions } from './attach/vpcd.ts';
export { listenVpcd, type VpcdListener, type VpcdListenOptions } from './attach/vpcd-listener.ts';
export type { VpcdState } from './attach/vpcd-state.ts';
export { type Card, type CardOptions, createCard } from './card.ts';
export { EmulatorError, type EmulatorErrorCode, emulatorErrors } from './errors.ts';
export { openCardFile } from './runtime/card-file.ts';
export { type CardFileLock, lockCardFile } from './runtime/card-file-lock.ts';
export { type CardMemory, volatileMemory } from './runtime/card-memory.ts';
export type { Profile } from './runtime/waiting-response.ts';
