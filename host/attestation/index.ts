// SPDX-License-Identifier: Apache-2.0
export { type CertificatePath, CHAIN_LENGTH_MAX, validateCertificatePath } from './certificate-path.ts';
export { type AttestedState, checkAttestedLog, checkProgress } from './check-progress.ts';
export * from './errors.ts';
export * from './issuing-ca.ts';
export * from './stored-chain.ts';
export * from './verify-attestation.ts';
