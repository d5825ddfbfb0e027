// SPDX-License-Identifier: Apache-2.0

/** A curve that a card may hold keys on; a card declares which it has. */
export type Curve = 'P-256' | 'secp256k1' | 'Ed25519';

/** Facts of one curve and of the one signature algorithm used with it. */
export type CurveFacts = {
  /** Algorithm byte on the card (tag 80 of a control reference template). */
  readonly algorithmId: number;
  /** COSE algorithm. Source: RFC 9053 §2 (ES256 -7, EdDSA -8), RFC 8812 §3 (ES256K -47). */
  readonly coseAlgorithm: number;
  /** COSE key type, label 1. Source: RFC 9053 §7 (OKP 1, EC2 2). */
  readonly coseKeyType: number;
  /** COSE curve, label -1. Source: RFC 9053 §7.1 (P-256 1, Ed25519 6), RFC 8812 §3.1 (secp256k1 8). */
  readonly coseCurve: number;
  /** Length of a public key in the form used here: compressed point, or the Ed25519 key. */
  readonly publicKeyLength: number;
  /** What is signed: a SHA-256 digest of the message, or the message itself (PureEdDSA). */
  readonly signs: 'digest' | 'message';
};

/** Every curve, in the order of their algorithm bytes. */
export const curves: Readonly<Record<Curve, CurveFacts>> = {
  'P-256': {
    algorithmId: 0x01,
    coseAlgorithm: -7,
    coseKeyType: 2,
    coseCurve: 1,
    publicKeyLength: 33,
    signs: 'digest',
  },
  secp256k1: {
    algorithmId: 0x02,
    coseAlgorithm: -47,
    coseKeyType: 2,
    coseCurve: 8,
    publicKeyLength: 33,
    signs: 'digest',
  },
  Ed25519: {
    algorithmId: 0x03,
    coseAlgorithm: -8,
    coseKeyType: 1,
    coseCurve: 6,
    publicKeyLength: 32,
    signs: 'message',
  },
};

/** Names of all curves. */
export const curveNames = Object.keys(curves) as readonly Curve[];

/** Length in bytes of every signature used here: r ‖ s big-endian, or R ‖ S of RFC 8032. */
export const SIGNATURE_LENGTH = 64;

/** The curve of a card's algorithm byte, or undefined. */
export const curveOfAlgorithmId = (id: number): Curve | undefined =>
  curveNames.find((name) => curves[name].algorithmId === id);
