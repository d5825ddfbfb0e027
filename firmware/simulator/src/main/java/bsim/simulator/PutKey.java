// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

import java.util.Arrays;

/**
 * Data fields of PUT KEY: new version, then for ENC, MAC and DEK 88 ‖ length ‖ key block ‖ 03 ‖ check value.
 * A key block is the key under the static DEK (AES-CBC, IV 00, zeros after a key of 24), with the length of
 * the clear key before it or, where nothing was padded, without. Source: GlobalPlatform Amendment D v1.2
 * §6.2.8 and §7.2; Card Specification 2.3.1 §11.8.2.3.
 */
final class PutKey {
  private static final int TYPE_AES = 0x88;
  private static final int CHECK_VALUE = 3;

  private PutKey() {}

  /** The keys of a data field. Throws {@link StatusException} 6A80. */
  static KeySet read(byte[] data, byte[] dek) {
    int version = data[0] & 0xFF;
    byte[][] keys = new byte[3][];
    if (version < 1 || version > 0x7F) throw bad();
    int at = 1;
    for (int n = 0; n < keys.length; n++) {
      int length = byteAt(data, at + 1);
      int checkAt = at + 2 + length;
      if (byteAt(data, at) != TYPE_AES || length >= 0x80 || byteAt(data, checkAt) != CHECK_VALUE) throw bad();
      keys[n] = decrypted(Bytes.slice(data, at + 2, checkAt), dek);
      at = checkAt + 1 + CHECK_VALUE;
      if (at > data.length || keys[n].length != keys[0].length) throw bad();
      if (!Bytes.equal(Scp03.checkValue(keys[n]), Bytes.slice(data, checkAt + 1, at))) throw bad();
    }
    if (at != data.length) throw bad();
    return KeySet.fresh(version, keys[0], keys[1], keys[2]);
  }

  /** Response: new version ‖ three check values. */
  static byte[] response(KeySet keys) {
    return Bytes.concat(
        Bytes.of(keys.version()),
        Scp03.checkValue(keys.enc()),
        Scp03.checkValue(keys.mac()),
        Scp03.checkValue(keys.dek()));
  }

  private static byte[] decrypted(byte[] block, byte[] dek) {
    boolean hasLength = block.length % Scp03.BLOCK == 1;
    byte[] encrypted = hasLength ? Bytes.slice(block, 1, block.length) : block;
    int length = hasLength ? block[0] & 0xFF : block.length;
    int padded = (length + Scp03.BLOCK - 1) / Scp03.BLOCK * Scp03.BLOCK;
    if (!KeySet.isKeyLength(length) || encrypted.length != padded) throw bad();
    return Arrays.copyOf(Scp03.underDek(dek, false, encrypted), length);
  }

  /** A byte of the field; -1 behind its end. */
  private static int byteAt(byte[] data, int at) {
    return at < data.length ? data[at] & 0xFF : -1;
  }

  private static StatusException bad() {
    return new StatusException(Status.BAD_DATA);
  }
}
