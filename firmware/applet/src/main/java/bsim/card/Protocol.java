// SPDX-License-Identifier: Apache-2.0
package bsim.card;

/** The contract of card and host as constants; made from protocol/ by `npm run generate`, not to be edited. */
final class Protocol {
  static final short SW_OK = (short) 0x9000;
  static final short SW_WRONG_LENGTH = 0x6700;
  static final short SW_AUTHENTICATION_FAILED = 0x6300;
  static final short SW_NOT_AUTHORISED = 0x6982;
  static final short SW_BLOCKED = 0x6983;
  static final short SW_WRONG_STATE = 0x6985;
  static final short SW_NO_PRECISE_DIAGNOSIS = 0x6F00;
  static final short SW_BAD_DATA = 0x6A80;
  static final short SW_APPLICATION_NOT_FOUND = 0x6A82;
  static final short SW_BAD_PARAMETERS = 0x6A86;
  static final short SW_NOT_FOUND = 0x6A88;
  static final short SW_ALREADY_EXISTS = 0x6A89;
  static final short SW_UNKNOWN_INSTRUCTION = 0x6D00;
  static final short SW_UNKNOWN_CLASS = 0x6E00;
  static final short SW_CHANNEL_NOT_OPEN = 0x6881;
  static final short SW_NOT_ENOUGH_MEMORY = 0x6A84;
  static final short SW_CHAINING_UNSUPPORTED = 0x6884;
  static final short SW_LAST_COMMAND_EXPECTED = 0x6883;
  static final short SW_MEMORY_FAILURE = 0x6581;

  static final byte LIFE_CYCLE_INSTALLED = 3;
  static final byte LIFE_CYCLE_SELECTABLE = 7;
  static final byte LIFE_CYCLE_PERSONALISED = 0x0F;
  static final byte LIFE_CYCLE_BLOCKED = 0x1F;
  static final byte LIFE_CYCLE_TERMINATED = 0x7F;

  static final byte ALGORITHM_P256 = 1;
  static final byte ALGORITHM_SECP256K1 = 2;
  static final byte ALGORITHM_BRAINPOOL_P256R1 = 5;

  static final byte HASH_SHA256 = 1;
  static final byte HASH_SHA512 = 2;
  static final byte HASH_KECCAK256 = 3;

  static final short COSE_CURVE_P256 = 1;
  static final short COSE_CURVE_SECP256K1 = 8;
  static final short COSE_CURVE_BRAINPOOL_P256R1 = 0x0100;

  static final byte ROLE_IDENTITY = 1;
  static final byte ROLE_WALLET = 2;
  static final byte ROLE_AGREEMENT = 3;

  static final byte USAGE_SIGNATURE = 1;
  static final byte USAGE_AUTHENTICATION = 2;
  static final byte USAGE_AGREEMENT = 4;
  static final byte USAGE_DERIVED_AGREEMENT = 8;

  static final byte POLICY_DIGESTS = 1;
  static final byte POLICY_MESSAGES = 2;
  static final byte POLICY_TRANSACTIONS = 4;
  static final byte POLICY_PIN_PER_SIGNATURE = 8;
  static final byte POLICY_CONFIRMATION = 0x10;
  static final byte POLICY_HOLDER_DELETES = 0x20;

  static final byte ORIGIN_GENERATED = 1;
  static final byte ORIGIN_IMPORTED = 2;

  static final byte CONFIRMATION_TERMINAL = 1;
  static final byte CONFIRMATION_PIN = 2;

  static final byte PIN_RULE_NO_REPETITION = 1;
  static final byte PIN_RULE_NO_SEQUENCE = 2;

  static final byte LEVEL_C_MAC = 1;
  static final byte LEVEL_C_ENCRYPTION = 2;
  static final byte LEVEL_R_MAC = 0x10;
  static final byte LEVEL_R_ENCRYPTION = 0x20;

  static final byte LOG_PERSONALISED = 1;
  static final byte LOG_PIN_VERIFIED = 2;
  static final byte LOG_PIN_WRONG = 3;
  static final byte LOG_PIN_CHANGED = 4;
  static final byte LOG_PIN_SET_WITH_PUK = 5;
  static final byte LOG_PUK_WRONG = 6;
  static final byte LOG_KEY_GENERATED = 7;
  static final byte LOG_KEY_IMPORTED = 8;
  static final byte LOG_KEY_DELETED = 9;
  static final byte LOG_DIGEST_SIGNED = 0x0A;
  static final byte LOG_MESSAGE_SIGNED = 0x0B;
  static final byte LOG_TRANSACTION_SIGNED = 0x0C;
  static final byte LOG_AUTHENTICATION_SIGNED = 0x0D;
  static final byte LOG_AGREEMENT = 0x0E;
  static final byte LOG_ATTESTATION = 0x0F;
  static final byte LOG_CHANNEL_OPENED = 0x10;
  static final byte LOG_CHANNEL_REFUSED = 0x11;
  static final byte LOG_BLOCKED = 0x12;
  static final byte LOG_ACTIVATED = 0x13;
  static final byte LOG_LIMIT_RESET = 0x14;
  static final byte LOG_CERTIFICATES_STORED = 0x15;
  static final byte LOG_FACTORY_RESET = 0x16;
  static final byte LOG_TERMINATED = 0x17;
  static final byte LOG_CONFIRMATION_REFUSED = 0x18;

  static final short PIN_TRIES = 3;
  static final short PUK_TRIES = 10;
  static final short KEY_SLOTS = 16;
  static final short PATH_BYTES_MAX = 40;
  static final short CERTIFICATES_MAX = 0x0800;
  static final short SIGNED_BYTES_MAX = 0x1000;
  static final short LOG_CAPACITY = 64;
  static final short LOG_ENTRY_LENGTH = 16;
  static final short LOG_HEAD_LENGTH = 32;

  static final byte[] AID = {
    (byte) 0xF0, 0x42, 0x53, 0x49, 0x4D, 1, 0,
  };

  static final byte[] APPLICATION_VERSION = {
    2, 0,
  };

  static final byte[] ALGORITHMS = {
    1, 2, 5,
  };

  static final byte[] HASHES = {
    1, 2, 3,
  };

  static final byte[] SECURITY_LEVELS = {
    1, 3, 0x11, 0x13, 0x33,
  };

  /** What comes before the challenge that INTERNAL AUTHENTICATE signs. */
  static final byte[] INTERNAL_AUTHENTICATE = {
    0x62, 0x73, 0x69, 0x6D, 0x2F, 0x69, 0x6E, 0x74,
    0x65, 0x72, 0x6E, 0x61, 0x6C, 0x2D, 0x61, 0x75,
    0x74, 0x68, 0x65, 0x6E, 0x74, 0x69, 0x63, 0x61,
    0x74, 0x65, 0x2F, 0x31, 0,
  };

  /** Sig_structure up to the head of its payload: of a transaction, and of an attestation. */
  static final byte[] SIG_STRUCTURE_P256 = {
    (byte) 0x84, 0x6A, 0x53, 0x69, 0x67, 0x6E, 0x61, 0x74,
    0x75, 0x72, 0x65, 0x31, 0x51, (byte) 0xA2, 1, 0x26,
    0x10, 0x6C, 0x62, 0x73, 0x69, 0x6D, 0x2D, 0x74,
    0x78, 0x2B, 0x63, 0x62, 0x6F, 0x72, 0x40,
  };

  static final byte[] SIG_STRUCTURE_SECP256K1 = {
    (byte) 0x84, 0x6A, 0x53, 0x69, 0x67, 0x6E, 0x61, 0x74,
    0x75, 0x72, 0x65, 0x31, 0x52, (byte) 0xA2, 1, 0x38,
    0x2E, 0x10, 0x6C, 0x62, 0x73, 0x69, 0x6D, 0x2D,
    0x74, 0x78, 0x2B, 0x63, 0x62, 0x6F, 0x72, 0x40,
  };

  static final byte[] SIG_STRUCTURE_ATTESTATION = {
    (byte) 0x84, 0x6A, 0x53, 0x69, 0x67, 0x6E, 0x61, 0x74,
    0x75, 0x72, 0x65, 0x31, 0x58, 0x1A, (byte) 0xA2, 1,
    0x26, 0x10, 0x75, 0x62, 0x73, 0x69, 0x6D, 0x2D,
    0x61, 0x74, 0x74, 0x65, 0x73, 0x74, 0x61, 0x74,
    0x69, 0x6F, 0x6E, 0x2B, 0x63, 0x62, 0x6F, 0x72,
    0x40,
  };

  /** COSE_Sign1 of an attestation up to the head of its payload. */
  static final byte[] SIGN1_ATTESTATION = {
    (byte) 0xD2, (byte) 0x84, 0x58, 0x1A, (byte) 0xA2, 1, 0x26, 0x10,
    0x75, 0x62, 0x73, 0x69, 0x6D, 0x2D, 0x61, 0x74,
    0x74, 0x65, 0x73, 0x74, 0x61, 0x74, 0x69, 0x6F,
    0x6E, 0x2B, 0x63, 0x62, 0x6F, 0x72, (byte) 0xA0,
  };

  /** Names of the messages that the card understands. */
  static final byte[] MONEY_TRANSFER = {
    0x6D, 0x6F, 0x6E, 0x65, 0x79, 0x2F, 0x74, 0x72,
    0x61, 0x6E, 0x73, 0x66, 0x65, 0x72,
  };

  static final byte[] IDENTITY_CREATE = {
    0x69, 0x64, 0x65, 0x6E, 0x74, 0x69, 0x74, 0x79,
    0x2F, 0x63, 0x72, 0x65, 0x61, 0x74, 0x65,
  };

  static final byte[] IDENTITY_DEACTIVATE = {
    0x69, 0x64, 0x65, 0x6E, 0x74, 0x69, 0x74, 0x79,
    0x2F, 0x64, 0x65, 0x61, 0x63, 0x74, 0x69, 0x76,
    0x61, 0x74, 0x65,
  };

  static final byte COMMAND_INITIALIZE_UPDATE = 0;
  static final byte COMMAND_EXTERNAL_AUTHENTICATE = 1;
  static final byte COMMAND_GET_APPLICATION_INFORMATION = 2;
  static final byte COMMAND_GET_KEY_DIRECTORY = 3;
  static final byte COMMAND_GET_ICCID = 4;
  static final byte COMMAND_GET_IMSI = 5;
  static final byte COMMAND_GET_LOG = 6;
  static final byte COMMAND_GET_CERTIFICATES = 7;
  static final byte COMMAND_GET_CHALLENGE = 8;
  static final byte COMMAND_VERIFY = 9;
  static final byte COMMAND_CHANGE_REFERENCE_DATA = 0x0A;
  static final byte COMMAND_RESET_RETRY_COUNTER = 0x0B;
  static final byte COMMAND_SET_DURESS_PIN = 0x0C;
  static final byte COMMAND_GENERATE_KEY_PAIR = 0x0D;
  static final byte COMMAND_READ_PUBLIC_KEY = 0x0E;
  static final byte COMMAND_READ_EXTENDED_PUBLIC_KEY = 0x0F;
  static final byte COMMAND_IMPORT_KEY = 0x10;
  static final byte COMMAND_DELETE_KEY = 0x11;
  static final byte COMMAND_RESET_LIMIT = 0x12;
  static final byte COMMAND_CHOOSE_SIGNATURE_KEY = 0x13;
  static final byte COMMAND_CHOOSE_AUTHENTICATION_KEY = 0x14;
  static final byte COMMAND_CHOOSE_AGREEMENT_KEY = 0x15;
  static final byte COMMAND_HASH = 0x16;
  static final byte COMMAND_COMPUTE_DIGITAL_SIGNATURE = 0x17;
  static final byte COMMAND_SIGN_TRANSACTION = 0x18;
  static final byte COMMAND_CONFIRM_WITH_PIN = 0x19;
  static final byte COMMAND_INTERNAL_AUTHENTICATE = 0x1A;
  static final byte COMMAND_GENERAL_AUTHENTICATE = 0x1B;
  static final byte COMMAND_ATTEST = 0x1C;
  static final byte COMMAND_TERMINAL_PROFILE = 0x1D;
  static final byte COMMAND_FETCH = 0x1E;
  static final byte COMMAND_TERMINAL_RESPONSE = 0x1F;
  static final byte COMMAND_STORE_DATA = 0x20;
  static final byte COMMAND_GENERATE_ATTESTATION_KEY = 0x21;
  static final byte COMMAND_READ_ATTESTATION_KEY = 0x22;
  static final byte COMMAND_PUT_CERTIFICATES = 0x23;
  static final byte COMMAND_BLOCK = 0x24;
  static final byte COMMAND_ACTIVATE = 0x25;
  static final byte COMMAND_TERMINATE = 0x26;
  static final byte COMMAND_FACTORY_RESET = 0x27;
  static final byte COMMAND_GET_RESPONSE = 0x28;
  static final byte COMMAND_SELECT = 0x29;
  static final byte COMMAND_SELECT_NEXT = 0x2A;

  static final short COLUMN_CLA = 0;
  static final short COLUMN_INS = 1;
  static final short COLUMN_P1 = 2;
  static final short COLUMN_P2 = 3;
  static final short COLUMN_PARAMETER = 4;
  static final short COLUMN_LEAST = 5;
  static final short COLUMN_LEAST_PRESENT = 7;
  static final short COLUMN_MOST = 9;
  static final short COLUMN_STATES = 11;
  static final short COLUMN_ACCESS = 12;
  static final short COLUMN_FLAGS = 13;
  static final short COLUMN_WIDTH = 14;

  static final byte PARAMETER_NONE = 0;
  static final byte PARAMETER_KEY_VERSION = 1;
  static final byte PARAMETER_SECURITY_LEVEL = 2;

  static final byte ACCESS_ANYONE = 0;
  static final byte ACCESS_HOLDER = 1;
  static final byte ACCESS_ADMINISTRATOR = 2;
  static final byte ACCESS_HOLDER_OR_ADMINISTRATOR = 3;
  static final byte ACCESS_ADMINISTRATOR_WITH_HOLDER = 4;

  static final byte FLAG_GATHERED = 1;
  static final byte FLAG_STREAMED = 2;
  static final byte FLAG_SECRET_DATA = 4;

  static final byte STATE_SELECTABLE = 1;
  static final byte STATE_PERSONALISED = 2;
  static final byte STATE_BLOCKED = 4;
  static final byte STATE_TERMINATED = 8;

  /** The commands, a row each: see the columns. */
  static final byte[] COMMANDS = {
    (byte) 0x80, 0x50, 0, 0, 1, 0, 8, 0, 8, 0, 0x10, 0x0F, 0, 0, // INITIALIZE_UPDATE
    (byte) 0x80, (byte) 0x82, 1, 0, 2, 0, 0x10, 0, 0x10, 0, 0x20, 0x0F, 0, 0, // EXTERNAL_AUTHENTICATE
    0, (byte) 0xCA, (byte) 0xFF, 0x20, 0, 0, 0, 0, 0, 0, 0, 0x0F, 0, 0, // GET_APPLICATION_INFORMATION
    0, (byte) 0xCA, (byte) 0xFF, 0x21, 0, 0, 0, 0, 0, 0, 0, 0x0F, 0, 0, // GET_KEY_DIRECTORY
    0, (byte) 0xCA, 0, 0x5A, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, // GET_ICCID
    0, (byte) 0xCA, (byte) 0xFF, 0x22, 0, 0, 0, 0, 0, 0, 0, 2, 1, 0, // GET_IMSI
    0, (byte) 0xCA, (byte) 0xFF, 0x24, 0, 0, 0, 0, 0, 0, 0, 0x0F, 3, 0, // GET_LOG
    0, (byte) 0xCA, (byte) 0xFF, 0x26, 0, 0, 0, 0, 0, 0, 0, 0x0F, 0, 0, // GET_CERTIFICATES
    0, (byte) 0x84, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x0F, 0, 0, // GET_CHALLENGE
    0, 0x20, 0, 1, 0, 0, 0, 0, 8, 0, 8, 2, 0, 4, // VERIFY
    0, 0x24, 0, 1, 0, 0, 0x10, 0, 0x10, 0, 0x10, 2, 0, 4, // CHANGE_REFERENCE_DATA
    0, 0x2C, 0, 1, 0, 0, 0x10, 0, 0x10, 0, 0x10, 2, 0, 4, // RESET_RETRY_COUNTER
    0, 0x2C, 0, 2, 0, 0, 0x10, 0, 0x10, 0, 0x10, 2, 0, 4, // SET_DURESS_PIN
    0, 0x47, (byte) 0x80, 0, 0, 0, 8, 0, 8, 0, (byte) 0x93, 3, 1, 0, // GENERATE_KEY_PAIR
    0, 0x47, (byte) 0x81, 0, 0, 0, 5, 0, 5, 0, 0x2F, 0x0F, 0, 0, // READ_PUBLIC_KEY
    0, 0x47, (byte) 0x83, 0, 0, 0, 5, 0, 5, 0, 0x2F, 3, 1, 0, // READ_EXTENDED_PUBLIC_KEY
    (byte) 0x80, 0x48, 0, 0, 0, 0, 0x1A, 0, 0x1A, 0, (byte) 0xD5, 3, 4, 4, // IMPORT_KEY
    (byte) 0x80, (byte) 0xE4, 0, 0, 0, 0, 5, 0, 5, 0, 5, 3, 3, 0, // DELETE_KEY
    (byte) 0x80, 0x2C, 0, 0, 0, 0, 5, 0, 5, 0, 5, 3, 2, 0, // RESET_LIMIT
    0, 0x22, 0x41, (byte) 0xB6, 0, 0, 3, 0, 3, 0, 0x30, 3, 1, 0, // CHOOSE_SIGNATURE_KEY
    0, 0x22, 0x41, (byte) 0xA4, 0, 0, 3, 0, 3, 0, 0x2D, 3, 1, 0, // CHOOSE_AUTHENTICATION_KEY
    0, 0x22, 0x41, (byte) 0xA6, 0, 0, 3, 0, 3, 0, 3, 3, 1, 0, // CHOOSE_AGREEMENT_KEY
    0, 0x2A, (byte) 0x90, (byte) 0x80, 0, 0, 0, 0, 0, 0x7F, (byte) 0xFF, 3, 1, 2, // HASH
    0, 0x2A, (byte) 0x9E, (byte) 0x9A, 0, 0, 0, 0, 0, 0x10, 0, 3, 1, 2, // COMPUTE_DIGITAL_SIGNATURE
    (byte) 0x80, 0x2A, (byte) 0x9E, (byte) 0x9A, 0, 0, 1, 0, 1, 0x10, 0, 3, 1, 2, // SIGN_TRANSACTION
    (byte) 0x80, 0x20, 0, 1, 0, 0, 0x28, 0, 0x28, 0, 0x28, 2, 1, 4, // CONFIRM_WITH_PIN
    0, (byte) 0x88, 0, 0, 0, 0, 0x10, 0, 0x10, 0, 0x40, 3, 1, 0, // INTERNAL_AUTHENTICATE
    0, (byte) 0x86, 0, 0, 0, 0, 0x45, 0, 0x45, 0, (byte) 0x88, 3, 1, 0, // GENERAL_AUTHENTICATE
    (byte) 0x80, (byte) 0x88, 0, 0, 0, 0, 0x15, 0, 0x15, 0, 0x6F, 3, 3, 0, // ATTEST
    (byte) 0x80, 0x10, 0, 0, 0, 0, 1, 0, 1, 0, 0x40, 3, 0, 0, // TERMINAL_PROFILE
    (byte) 0x80, 0x12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, // FETCH
    (byte) 0x80, 0x14, 0, 0, 0, 0, 1, 0, 1, 0, (byte) 0xFF, 3, 0, 0, // TERMINAL_RESPONSE
    (byte) 0x80, (byte) 0xE2, (byte) 0x80, 0, 0, 0, 0x2E, 0, 0x2E, 0, (byte) 0xB7, 1, 2, 4, // STORE_DATA
    (byte) 0x80, 0x47, (byte) 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 3, 2, 0, // GENERATE_ATTESTATION_KEY
    (byte) 0x80, 0x47, (byte) 0x81, 0, 0, 0, 0, 0, 0, 0, 0, 0x0F, 0, 0, // READ_ATTESTATION_KEY
    0, (byte) 0xDA, (byte) 0xFF, 0x26, 0, 0, 1, 0, 1, 8, 0, 3, 2, 1, // PUT_CERTIFICATES
    0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 0, // BLOCK
    0, 0x44, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 2, 0, // ACTIVATE
    0, (byte) 0xE6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 2, 0, // TERMINATE
    (byte) 0x80, (byte) 0xFA, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 2, 0, // FACTORY_RESET
    0, (byte) 0xC0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x0F, 0, 0, // GET_RESPONSE
    0, (byte) 0xA4, 4, 0, 0, 0, 0, 0, 0, 0, 0x10, 0x0F, 0, 0, // SELECT
    0, (byte) 0xA4, 4, 2, 0, 0, 0, 0, 0, 0, 0x10, 0x0F, 0, 0, // SELECT_NEXT
  };

  private Protocol() {}
}
