// SPDX-License-Identifier: Apache-2.0
import { bytes, type Layout, mapped, named } from '../../layout.ts';
import { badRequest } from './bad-request.ts';

/** Role bytes of keys. */
export const keyRoles = {
  /** Names a device or a person: made on the card, never imported, never out of it. */
  identity: 0x01,
  /** A seed from which keys are derived along a path; made on the card or imported. */
  wallet: 0x02,
  /** Agrees on secrets with other keys. */
  agreement: 0x03,
} as const;

/** What a key is for. */
export type KeyRole = keyof typeof keyRoles;

/** Names of the roles. */
export const keyRoleNames = Object.keys(keyRoles) as readonly KeyRole[];

/** One byte that names a role. */
export const keyRole: Layout<KeyRole> = named('role', keyRoles);

/** Bits of a key's usage. */
export const KEY_USAGE = {
  /** PERFORM SECURITY OPERATION compute digital signature. */
  signature: 0x01,
  /** INTERNAL AUTHENTICATE. */
  authentication: 0x02,
  /** GENERAL AUTHENTICATE that gives the shared x coordinate itself. */
  agreement: 0x04,
  /** GENERAL AUTHENTICATE that gives a key derived from it. */
  derivedAgreement: 0x08,
} as const;

/** One of the bits of {@link KEY_USAGE}. */
export type KeyUsage = keyof typeof KEY_USAGE;

/** What keys of a role may be used for at most, and are when nobody says otherwise. */
export const usageOfRole: Readonly<Record<KeyRole, number>> = {
  identity: KEY_USAGE.signature | KEY_USAGE.authentication,
  wallet: KEY_USAGE.signature | KEY_USAGE.authentication,
  agreement: KEY_USAGE.agreement | KEY_USAGE.derivedAgreement,
};

/** Names of the bits of a usage byte. */
export const usageNames = (usage: number): readonly KeyUsage[] =>
  (Object.keys(KEY_USAGE) as KeyUsage[]).filter((name) => (usage & KEY_USAGE[name]) !== 0);

/** One byte of usage bits, at least one, and none that has no meaning. */
export const keyUsage: Layout<number> = mapped(
  bytes('usage bits: 01 signature, 02 authentication, 04 agreement, 08 agreement with KDF', 1),
  (value) => {
    const usage = value[0] as number;
    if (usage === 0 || usage > 0x0f) throw badRequest('usage', 'bits 01 to 08');
    return usage;
  },
  (usage) => Uint8Array.of(usage),
);
