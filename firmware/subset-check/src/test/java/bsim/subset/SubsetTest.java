// SPDX-License-Identifier: Apache-2.0
package bsim.subset;

import static bsim.subset.Judged.accepts;

import org.junit.jupiter.api.Test;

class SubsetTest {
  @Test
  void acceptsAnApplet() {
    accepts(
        """
        package bsim.card;

        import javacard.framework.*;
        import javacard.security.*;
        import javacardx.apdu.ExtendedLength;
        import javacardx.crypto.Cipher;
        import org.globalplatform.GPSystem;
        import org.globalplatform.SecureChannel;

        public final class Good extends Applet implements MultiSelectable, ExtendedLength {
          private static final short LIMIT = (short) 0x8000;
          private static final byte[] TABLE = {1, (byte) 0x80, LIMIT & 1};
          private static final short[] WORDS = {1, LIMIT, 0};
          private static final boolean[] NONE = {};
          private final byte[] ram;
          private final Object[] objects;
          private final AESKey key;
          private final Cipher cipher;

          private Good() {
            ram = JCSystem.makeTransientByteArray((short) 16, JCSystem.CLEAR_ON_RESET);
            objects = new Object[2];
            key = (AESKey) KeyBuilder.buildKey(KeyBuilder.TYPE_AES, KeyBuilder.LENGTH_AES_256, false);
            cipher = cipher();
            register();
          }

          public static void install(byte[] parameters, short offset, byte length) {
            new Good();
          }

          private static void throwIt() {
            ISOException.throwIt(ISO7816.SW_WRONG_DATA);
          }

          private static Cipher cipher() {
            try {
              return Cipher.getInstance(Cipher.ALG_AES_BLOCK_128_CBC_NOPAD, false);
            } catch (CryptoException e) {
              return null;
            }
          }

          public boolean select(boolean isActive) { return !isActive; }

          public void deselect(boolean isActive) {}

          public void process(APDU apdu) {
            if (selectingApplet()) return;
            byte[] buffer = apdu.getBuffer();
            SecureChannel channel = GPSystem.getSecureChannel();
            if (channel.getSecurityLevel() != SecureChannel.NO_SECURITY_LEVEL) throwIt();
            short length = apdu.setIncomingAndReceive();
            JCSystem.beginTransaction();
            try {
              Util.arrayCopy(buffer, apdu.getOffsetCdata(), ram, (short) 0, length);
              ram[0] = TABLE[(short) (WORDS[1] & 1)];
              key.clearKey();
              cipher.init(key, Cipher.MODE_ENCRYPT, ram, (short) 0, (short) 16);
              JCSystem.commitTransaction();
            } catch (CardRuntimeException e) {
              ISOException.throwIt(e.getReason());
            } finally {
              Util.arrayFillNonAtomic(ram, (short) 0, (short) ram.length, (byte) 0);
            }
            if (objects[0] instanceof AESKey && NONE.length == 0) apdu.setOutgoingAndSend((short) 0, length);
          }
        }
        """);
  }
}
