// SPDX-License-Identifier: Apache-2.0
package bsim.card;

/**
 * The map of the applet's transient memory: one array, cleared on reset and when the last session ends. Whoever names a
 * byte here owns it; docs/card.md has the same table. Lengths are in bytes, numbers big-endian.
 */
final class Ram {
  // The command under way; worth nothing once it is answered.
  /** Logical channel, 0 to 3. */
  static final short CHANNEL = 0;
  /** GlobalPlatform security level under which the command came; 0 outside a secure channel. */
  static final short LEVEL = 1;
  /** Length of the proactive command that 91XX announces, 2 bytes; 0 for none. */
  static final short PROACTIVE = 2;
  /** Whether a further part of the chain follows. */
  static final short IS_PART = 4;
  /** Place of the data in the APDU buffer, and how many bytes are there, 2 bytes each. */
  static final short DATA = 6;
  static final short DATA_LENGTH = 8;
  /** How many of them the platform has received already, 2. */
  static final short RECEIVED = 10;
  /** Version of the key set that INITIALIZE UPDATE named last. */
  static final short KEY_VERSION = 12;

  // Sessions: one block a logical channel.
  static final short SESSIONS = 14;
  static final short CHANNELS = 4;
  /** 0, or who verified the PIN: {@link Session#PIN} or {@link Session#DURESS_PIN}. */
  static final short VERIFIED = 0;
  /** Whether the terminal shows texts and asks for keys. */
  static final short TERMINAL = 1;
  /** Index of the command whose chain runs, plus 1; 0 for none. */
  static final short CHAIN_COMMAND = 2;
  /** Whether its parts come inside the secure channel. */
  static final short CHAIN_SECURE = 3;
  /** Bytes of the chain so far, 2; it stays at 7FFF. */
  static final short CHAIN_LENGTH = 4;
  /** Chosen keys, a block each: for signatures, for authentication, for agreement. */
  static final short SIGNATURE_CHOICE = 6;
  static final short AUTHENTICATION_CHOICE = 50;
  static final short AGREEMENT_CHOICE = 94;
  static final short SESSION_LENGTH = 98;

  // A chosen key, from its choice on.
  /** Key reference; 0 for none. */
  static final short CHOSEN_REFERENCE = 0;
  /** Who chose it: a wallet is another one under duress. */
  static final short CHOSEN_PRESENCE = 1;
  /** Hash of messages. */
  static final short CHOSEN_HASH = 2;
  /** Bytes of the derivation path, and the path; agreement keys have none. */
  static final short CHOSEN_PATH_LENGTH = 3;
  static final short CHOSEN_PATH = 4;
  static final short PATH_MAX = 40;

  // The private key that signs: of a wallet it stays for the choice that used it last, of others it is wiped after use.
  static final short DERIVED = (short) (SESSIONS + CHANNELS * SESSION_LENGTH);
  /** Place of the choice that it was derived for, 2 bytes; 0 for none. */
  static final short DERIVED_FOR = DERIVED;
  static final short DERIVED_SECRET = (short) (DERIVED + 2);
  static final short DERIVED_END = (short) (DERIVED_SECRET + 32);

  // The workspace: what goes on over several commands, once for the card.
  static final short WORK = DERIVED_END;
  /** Which operation; 0 for none. */
  static final short WORK_KIND = WORK;
  /** Logical channel that began it. */
  static final short WORK_CHANNEL = (short) (WORK + 1);
  /** What the operation keeps. */
  static final short WORK_AREA = (short) (WORK + 2);
  static final short WORK_AREA_LENGTH = 512;

  // Scratch of the cryptography: wiped by whoever used it.
  static final short CRYPTO = (short) (WORK_AREA + WORK_AREA_LENGTH);
  static final short CRYPTO_LENGTH = 400;

  // The answer, and what of it waits for GET RESPONSE.
  static final short ANSWER = (short) (CRYPTO + CRYPTO_LENGTH);
  /** Where it lies: see {@link Answer}; 0 when nothing waits. */
  static final short ANSWER_SOURCE = ANSWER;
  static final short ANSWER_CHANNEL = (short) (ANSWER + 1);
  /** Bytes given, bytes in all, and the status word of its end, 2 bytes each. */
  static final short ANSWER_GIVEN = (short) (ANSWER + 2);
  static final short ANSWER_LENGTH = (short) (ANSWER + 4);
  static final short ANSWER_STATUS = (short) (ANSWER + 6);
  /** An attestation of 456 bytes, encrypted 464, with its MAC 480, and the status word. */
  static final short ANSWER_BYTES = (short) (ANSWER + 8);
  static final short ANSWER_BYTES_LENGTH = 482;
  /** Hash and entry while an event is logged: the end of the answer, which no command fills before it logs. */
  static final short LOG_SCRATCH = (short) (ANSWER_BYTES + ANSWER_BYTES_LENGTH - 48);

  // What a template of a command said: values, and where in the APDU buffer the longer ones lie; see KeyTemplate.
  static final short TEMPLATE = (short) (ANSWER_BYTES + ANSWER_BYTES_LENGTH);
  static final short TEMPLATE_REFERENCE = TEMPLATE;
  static final short TEMPLATE_CURVE = (short) (TEMPLATE + 1);
  static final short TEMPLATE_ROLE = (short) (TEMPLATE + 2);
  static final short TEMPLATE_USAGE = (short) (TEMPLATE + 3);
  /** Places and lengths, 2 bytes each. */
  static final short TEMPLATE_POLICY = (short) (TEMPLATE + 4);
  static final short TEMPLATE_POLICY_LENGTH = (short) (TEMPLATE + 6);
  static final short TEMPLATE_SECRET = (short) (TEMPLATE + 8);
  static final short TEMPLATE_SECRET_LENGTH = (short) (TEMPLATE + 10);
  static final short TEMPLATE_PATH = (short) (TEMPLATE + 12);
  static final short TEMPLATE_PATH_LENGTH = (short) (TEMPLATE + 14);
  static final short TEMPLATE_CHALLENGE = (short) (TEMPLATE + 16);
  static final short TEMPLATE_CHALLENGE_LENGTH = (short) (TEMPLATE + 18);
  static final short TEMPLATE_HASH = (short) (TEMPLATE + 20);
  static final short TEMPLATE_END = (short) (TEMPLATE + 24);

  static final short LENGTH = TEMPLATE_END;

  private Ram() {}
}
