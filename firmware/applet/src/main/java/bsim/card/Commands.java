// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import javacard.framework.APDU;
import javacard.framework.ISOException;

/** Hands each command to what carries it out. An answer lies in {@link Ram#ANSWER_BYTES} unless it says elsewhere. */
final class Commands {
  private final byte[] ram;
  private final SecureChannelCommands secureChannel;
  private final DataCommands data;
  private final SecurityLog log;
  private final Certificates certificates;
  private final KeyDirectory directory;
  private final Pins pins;
  private final KeyCommands keys;
  private final ChosenKeys chosen;
  private final Signing signing;
  private final Agreement agreement;
  private final Attestation attestation;
  private final Confirmation confirmation;
  private final Administration administration;

  Commands(
      byte[] ram,
      SecureChannelCommands secureChannel,
      DataCommands data,
      SecurityLog log,
      Certificates certificates,
      KeyDirectory directory,
      Pins pins,
      KeyCommands keys,
      ChosenKeys chosen,
      Signing signing,
      Agreement agreement,
      Attestation attestation,
      Confirmation confirmation,
      Administration administration) {
    this.ram = ram;
    this.secureChannel = secureChannel;
    this.data = data;
    this.log = log;
    this.certificates = certificates;
    this.directory = directory;
    this.pins = pins;
    this.keys = keys;
    this.chosen = chosen;
    this.signing = signing;
    this.agreement = agreement;
    this.attestation = attestation;
    this.confirmation = confirmation;
    this.administration = administration;
  }

  short fileControlInformation() {
    return data.fileControlInformation();
  }

  /** Carries out a command that comes whole; gives the length of its answer. */
  short run(byte command, APDU apdu, byte[] buffer, short at, short length) {
    switch (command) {
      case Protocol.COMMAND_INITIALIZE_UPDATE:
        return secureChannel.initializeUpdate(apdu);
      case Protocol.COMMAND_EXTERNAL_AUTHENTICATE:
        secureChannel.externalAuthenticate(apdu);
        return 0;
      case Protocol.COMMAND_GET_APPLICATION_INFORMATION:
        return data.applicationInformation();
      case Protocol.COMMAND_GET_KEY_DIRECTORY:
        return from(Answer.DIRECTORY, directory.length());
      case Protocol.COMMAND_GET_ICCID:
        return data.iccid();
      case Protocol.COMMAND_GET_IMSI:
        return data.imsi();
      case Protocol.COMMAND_GET_LOG:
        return from(Answer.LOG, log.length());
      case Protocol.COMMAND_GET_CERTIFICATES:
        return from(Answer.CERTIFICATES, certificates.length());
      case Protocol.COMMAND_GET_CHALLENGE:
        return data.challenge();
      case Protocol.COMMAND_VERIFY:
        pins.verify(buffer, at, length);
        return 0;
      case Protocol.COMMAND_CHANGE_REFERENCE_DATA:
        pins.change(buffer, at);
        return 0;
      case Protocol.COMMAND_RESET_RETRY_COUNTER:
        pins.unblock(buffer, at);
        return 0;
      case Protocol.COMMAND_SET_DURESS_PIN:
        pins.setDuressPin(buffer, at);
        return 0;
      case Protocol.COMMAND_GENERATE_KEY_PAIR:
        return keys.generate(buffer, at, length);
      case Protocol.COMMAND_READ_PUBLIC_KEY:
        return keys.read(buffer, at, length);
      case Protocol.COMMAND_READ_EXTENDED_PUBLIC_KEY:
        return keys.readExtended(buffer, at, length);
      case Protocol.COMMAND_IMPORT_KEY:
        return keys.importKey(buffer, at, length);
      case Protocol.COMMAND_DELETE_KEY:
        return keys.delete(buffer, at, length);
      case Protocol.COMMAND_RESET_LIMIT:
        return keys.resetLimit(buffer, at, length);
      case Protocol.COMMAND_CHOOSE_SIGNATURE_KEY:
        chosen.chooseForSignatures(buffer, at, length);
        return 0;
      case Protocol.COMMAND_CHOOSE_AUTHENTICATION_KEY:
        chosen.chooseForAuthentication(buffer, at, length);
        return 0;
      case Protocol.COMMAND_CHOOSE_AGREEMENT_KEY:
        chosen.chooseForAgreement(buffer, at, length);
        return 0;
      case Protocol.COMMAND_CONFIRM_WITH_PIN:
        confirmation.confirmWithPin(buffer, at);
        return 0;
      case Protocol.COMMAND_INTERNAL_AUTHENTICATE:
        return signing.authenticate(buffer, at, length);
      case Protocol.COMMAND_GENERAL_AUTHENTICATE:
        return agreement.agree(buffer, at, length);
      case Protocol.COMMAND_ATTEST:
        return attestation.attest(buffer, at, length);
      case Protocol.COMMAND_TERMINAL_PROFILE:
        confirmation.terminalProfile(buffer, at, length);
        return 0;
      case Protocol.COMMAND_FETCH:
        return confirmation.fetch();
      case Protocol.COMMAND_TERMINAL_RESPONSE:
        confirmation.terminalResponse(buffer, at, length);
        return 0;
      case Protocol.COMMAND_STORE_DATA:
        administration.storeData(buffer, at, length);
        return 0;
      case Protocol.COMMAND_GENERATE_ATTESTATION_KEY:
        return keys.generateAttestationKey();
      case Protocol.COMMAND_READ_ATTESTATION_KEY:
        return keys.readAttestationKey();
      case Protocol.COMMAND_BLOCK:
        administration.block();
        return 0;
      case Protocol.COMMAND_ACTIVATE:
        administration.activate();
        return 0;
      case Protocol.COMMAND_TERMINATE:
        administration.terminate();
        return 0;
      case Protocol.COMMAND_FACTORY_RESET:
        administration.factoryReset();
        return 0;
      default:
        // A SELECT that comes this far found no application.
        ISOException.throwIt(Protocol.SW_APPLICATION_NOT_FOUND);
        return 0;
    }
  }

  /** Begins a command whose data comes in parts. */
  void begin(byte command) {
    switch (command) {
      case Protocol.COMMAND_HASH:
        signing.beginHash();
        break;
      case Protocol.COMMAND_COMPUTE_DIGITAL_SIGNATURE:
        signing.beginSignature();
        break;
      case Protocol.COMMAND_SIGN_TRANSACTION:
        signing.beginTransaction();
        break;
      default:
    }
  }

  /** Takes a part of its data, before which {@code before} bytes came. */
  void part(byte command, short before, byte[] buffer, short at, short length) {
    switch (command) {
      case Protocol.COMMAND_HASH:
        signing.hash(buffer, at, length);
        break;
      case Protocol.COMMAND_COMPUTE_DIGITAL_SIGNATURE:
        signing.signature(before, buffer, at, length);
        break;
      case Protocol.COMMAND_SIGN_TRANSACTION:
        signing.transaction(before, buffer, at, length);
        break;
      default:
        certificates.add(before, buffer, at, length);
    }
  }

  /** Carries it out after the last part, {@code length} bytes in all; gives the length of the answer. */
  short end(byte command, short length) {
    switch (command) {
      case Protocol.COMMAND_HASH:
        signing.endHash();
        return 0;
      case Protocol.COMMAND_COMPUTE_DIGITAL_SIGNATURE:
        return signing.endSignature(length);
      case Protocol.COMMAND_SIGN_TRANSACTION:
        return signing.endTransaction();
      default:
        administration.putCertificates(length);
        return 0;
    }
  }

  private short from(byte source, short length) {
    ram[Ram.ANSWER_SOURCE] = source;
    return length;
  }
}
