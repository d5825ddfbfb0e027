// SPDX-License-Identifier: Apache-2.0
import { getChallenge } from './get-challenge.ts';
import { getApplicationInformation, getIccid, getImsi, getKeyDirectory } from './get-data.ts';
import { generateKeyPair, readPublicKey } from './keys.ts';
import { changeReferenceData, resetRetryCounter, verify } from './pin.ts';
import {
  chooseAuthenticationKey,
  chooseSignatureKey,
  computeDigitalSignature,
  hash,
  internalAuthenticate,
} from './security-operation.ts';
import { storeData } from './store-data.ts';

/** Commands of the key-custody application, AID {@link BLOCKCHAIN_SIM_AID}. */
export const blockchainSimCommands = {
  getApplicationInformation,
  getKeyDirectory,
  getIccid,
  getImsi,
  getChallenge,
  storeData,
  verify,
  changeReferenceData,
  resetRetryCounter,
  generateKeyPair,
  readPublicKey,
  chooseSignatureKey,
  chooseAuthenticationKey,
  hash,
  computeDigitalSignature,
  internalAuthenticate,
} as const;
