// SPDX-License-Identifier: Apache-2.0
package bsim.simulator.tearing;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Commands of the card in hexadecimal, as docs/apdu.md lists them, and what they carry. */
final class Apdu {
  static final String SELECT = "00A4040007F04253494D010000";
  static final String SELECT_DOMAIN = "00A4040008A00000015100000000";
  static final String INFORMATION = "00CAFF2000";
  static final String GENERATE_ATTESTATION_KEY = "8047800000";
  /** COMPUTE DIGITAL SIGNATURE without data. */
  static final String RELEASE = "002A9E9A00";
  static final String BLOCK = "00040000";
  static final String ACTIVATE = "00440000";
  static final String TERMINATE = "00E60000";
  static final String FACTORY_RESET = "80FA0000";
  static final String TERMINAL_PROFILE = "8010000003FFFFFF";
  static final String FETCH = "8012000000";
  static final String SHOWN = "801400000C810301218082028281830100";
  static final String YES = "80140000108103022204820282818301008D020401";
  static final String NO = "80140000108103022204820282818301008D020400";
  static final String MESSAGE = "002A908003616263";

  static final String PIN = "31323334FFFFFFFF";
  static final String DURESS_PIN = "38363432FFFFFFFF";
  static final String PUK = "3132333435363738";
  static final String OTHER = "353637383930FFFF";
  static final String WRONG = "39393939FFFFFFFF";
  static final String REMOVAL = "FFFFFFFFFFFFFFFF";
  /** A seed, or a private key on P-256. */
  static final String SECRET = "21".repeat(32);
  /** ICCID, IMSI, PIN and PUK. */
  static final String HOLDER =
      "5A0A98880200000000000031DF2209080910100000000010DF2308" + PIN + "DF2408" + PUK;

  // Policies: the objects in C1.
  static final String DIGESTS_AND_ALL = "800107";
  static final String HOLDER_DELETES = "800127";
  static final String PIN_EACH = "80010E";
  static final String CONFIRMED = "800116";
  static final String LIMITED = "8001248203585453830102840800000000000000648508000000000000008C";
  static final String LISTED =
      "800104811A" + ascii("voting/cast,money/transfer") + "82035854538301008508" + number(100);
  static final String CONFIRMED_AND_LIMITED =
      "80011482035854538301028408" + number(100) + "8508" + number(150);
  static final String NOTHING = "800100";

  static final int P256 = 1;
  static final int SECP256K1 = 2;
  static final int BRAINPOOL = 5;
  static final int WALLET = 2;
  static final int AGREEMENT = 3;

  private Apdu() {}

  static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex);
  }

  static String hex(byte[] bytes) {
    return HexFormat.of().withUpperCase().formatHex(bytes);
  }

  static String verify(String pin) {
    return "0020000108" + pin;
  }

  static String change(String old, String next) {
    return "0024000110" + old + next;
  }

  static String unblock(String puk, String next) {
    return "002C000110" + puk + next;
  }

  static String duress(String puk, String next) {
    return "002C000210" + puk + next;
  }

  /** GENERATE ASYMMETRIC KEY PAIR of an identity key. */
  static String generate(int reference, int curve, String policy) {
    return shortCommand("00478000", template(key(reference, curve) + object("C1", policy)), true);
  }

  static String generateWallet(int reference, int curve) {
    return shortCommand("00478000", template(key(reference, curve) + "C00102"), true);
  }

  static String importKey(int reference, int curve, int role, String secret) {
    String objects = key(reference, curve) + "C001" + byteOf(role) + object("C5", secret);
    return shortCommand("80480000", template(objects), true);
  }

  static String delete(int reference) {
    return "80E4000005B6038401" + byteOf(reference);
  }

  static String resetLimit(int reference) {
    return "802C000005B6038401" + byteOf(reference);
  }

  static String readPublicKey(int reference) {
    return "0047810005B6038401" + byteOf(reference) + "00";
  }

  static String chooseForSignatures(int reference, String path) {
    String derivation = path.isEmpty() ? "" : object("94", path);
    return shortCommand("002241B6", "8401" + byteOf(reference) + derivation, false);
  }

  static String chooseForAuthentication(int reference) {
    return "002241A4038401" + byteOf(reference);
  }

  static String chooseForAgreement(int reference) {
    return "002241A6038401" + byteOf(reference);
  }

  static String sign(String digest) {
    return shortCommand("002A9E9A", digest, true);
  }

  static String attest(int reference) {
    return shortCommand("80880000", "8401" + byteOf(reference) + "8110" + "00".repeat(16), true);
  }

  static String storeData(String data) {
    return shortCommand("80E28000", data, false);
  }

  static String putCertificates(String chain, boolean isPart) {
    return shortCommand((isPart ? "10" : "00") + "DAFF26", chain, false);
  }

  static String confirm(String pin, String hash) {
    return "8020000128" + pin + hash;
  }

  /** Sign the transaction; it is longer than short lengths allow, or not. */
  static String signTransaction(String structure) {
    int length = structure.length() / 2;
    if (length <= 255) return shortCommand("802A9E9A", structure, true);
    return String.format("802A9E9A00%04X%s0000", length, structure);
  }

  /**
   * Sig_structure of a transfer of an amount below 24 or of 24 to 255 by a key on P-256. Source:
   * docs/transaction.md; RFC 9052 §4.4.
   */
  static String transfer(String point, int nonce, int amount) {
    String x = point.substring(2, 66);
    boolean isOdd = (Integer.parseInt(point.substring(129, 130), 16) & 1) != 0;
    String key = "A4010220012158" + "20" + x + "22" + (isOdd ? "F5" : "F4");
    String fields = "A30158" + "20" + "42".repeat(32) + "0263" + ascii("XTS") + "03" + uint(amount);
    String message = "82" + text("money/transfer") + fields;
    String payload =
        "A601" + text("bsim-fuzz-1") + "02" + key + "030004" + uint(nonce) + "051903E80681" + message;
    String header = "A20126" + "10" + text("bsim-tx+cbor");
    return "846A" + ascii("Signature1") + byteString(header) + "40" + byteString(payload);
  }

  private static String key(int reference, int curve) {
    return "8401" + byteOf(reference) + "8001" + byteOf(curve);
  }

  private static String template(String objects) {
    return object("B6", objects);
  }

  private static String object(String tag, String value) {
    return tag + byteOf(value.length() / 2) + value;
  }

  private static String shortCommand(String header, String data, boolean hasLe) {
    return header + byteOf(data.length() / 2) + data + (hasLe ? "00" : "");
  }

  private static String text(String text) {
    return byteOf(0x60 | text.length()) + ascii(text);
  }

  private static String byteString(String content) {
    int length = content.length() / 2;
    return (length < 24 ? byteOf(0x40 | length) : "58" + byteOf(length)) + content;
  }

  private static String uint(int value) {
    return value < 24 ? byteOf(value) : "18" + byteOf(value);
  }

  private static String number(int value) {
    return String.format("%016X", value);
  }

  private static String ascii(String text) {
    return hex(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static String byteOf(int value) {
    return String.format("%02X", value);
  }
}
