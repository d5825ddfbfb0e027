// SPDX-License-Identifier: Apache-2.0
import {
  activate,
  block,
  factoryReset,
  generateAttestationKey,
  putCertificates,
  readAttestationKey,
  terminate,
} from './administration.ts';
import { getChallenge } from './get-challenge.ts';
import {
  getApplicationInformation,
  getCertificates,
  getIccid,
  getImsi,
  getKeyDirectory,
  getLog,
} from './get-data.ts';
import {
  deleteKey,
  generateKeyPair,
  importKey,
  readExtendedPublicKey,
  readPublicKey,
  resetLimit,
} from './keys.ts';
import { changeReferenceData, resetRetryCounter, setDuressPin, verify } from './pin.ts';
import { chooseAgreementKey, chooseAuthenticationKey, chooseSignatureKey } from './security-environment.ts';
import {
  attest,
  computeDigitalSignature,
  confirmWithPin,
  generalAuthenticate,
  hash,
  internalAuthenticate,
  signTransaction,
} from './security-operation.ts';
import { storeData } from './store-data.ts';
import { fetch, terminalProfile, terminalResponse } from './toolkit.ts';

/** Commands of the key-custody application, AID {@link BLOCKCHAIN_SIM_AID}, beside those of the secure channel. */
export const blockchainSimCommands = {
  getApplicationInformation,
  getKeyDirectory,
  getIccid,
  getImsi,
  getLog,
  getCertificates,
  getChallenge,
  verify,
  changeReferenceData,
  resetRetryCounter,
  setDuressPin,
  generateKeyPair,
  readPublicKey,
  readExtendedPublicKey,
  importKey,
  deleteKey,
  resetLimit,
  chooseSignatureKey,
  chooseAuthenticationKey,
  chooseAgreementKey,
  hash,
  computeDigitalSignature,
  signTransaction,
  confirmWithPin,
  internalAuthenticate,
  generalAuthenticate,
  attest,
  terminalProfile,
  fetch,
  terminalResponse,
  storeData,
  generateAttestationKey,
  readAttestationKey,
  putCertificates,
  block,
  activate,
  terminate,
  factoryReset,
} as const;
