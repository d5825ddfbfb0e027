// SPDX-License-Identifier: Apache-2.0
package org.globalplatform;

import javacard.framework.APDU;
import javacard.framework.ISOException;
import javacard.framework.Shareable;

/**
 * Secure channel of the security domain of an application, whatever its protocol and keys.
 *
 * <p>A session belongs to the logical channel on which it was begun: asked on another one, every method
 * behaves as if none were open. A session that was aborted, because a command did not verify, refuses {@link
 * #wrap} and {@link #unwrap} (6985) until {@link #resetSecurity} or a new session.
 *
 * <p>Source: GlobalPlatform Card API, org.globalplatform, export file versions 1.0 to 1.6. The text is ours.
 */
public interface SecureChannel extends Shareable {
  /** The off-card entity is authenticated, as the provider of the application. */
  byte AUTHENTICATED = (byte) 0x80;

  /** {@link #unwrap} decrypts command data. */
  byte C_DECRYPTION = (byte) 0x02;

  /** {@link #unwrap} verifies the MAC of commands. */
  byte C_MAC = (byte) 0x01;

  /** {@link #wrap} encrypts response data. */
  byte R_ENCRYPTION = (byte) 0x20;

  /** {@link #wrap} adds a MAC to responses. */
  byte R_MAC = (byte) 0x10;

  /** No session, or one that was aborted. */
  byte NO_SECURITY_LEVEL = (byte) 0x00;

  /** An off-card entity is authenticated that is not the provider of the application. */
  byte ANY_AUTHENTICATED = (byte) 0x40;

  /**
   * Carries out a command of the secure channel protocol: INITIALIZE UPDATE or EXTERNAL AUTHENTICATE.
   *
   * <p>It receives the data field itself: the application must not have called {@link
   * APDU#setIncomingAndReceive}. The response lies in the APDU buffer from {@code ISO7816.OFFSET_CDATA} on;
   * the application sends it.
   *
   * @return length of the response, 0 for none.
   * @throws ISOException 6E00 or 6D00 where class or instruction are none of the protocol; the status word of
   *     a command that failed.
   */
  short processSecurity(APDU apdu) throws ISOException;

  /**
   * Protects a response in place, as the current level says.
   *
   * <p>The data comes <em>with</em> the status word that it will be sent with, two bytes at its end, and goes
   * without it: what is returned is the length of what stands before a status word. Where the level protects
   * no responses, or no session is open, nothing changes and {@code sLength} - 2 is returned. (Card API,
   * {@code SecureChannel.wrap}: "The Application is responsible for appending the expected status bytes at
   * the end of the response data […] The status bytes shall be subsequently removed by this method.")
   *
   * @param baBuffer the APDU buffer or an array of the application, with room for padding and MAC: up to 32
   *     bytes more.
   * @throws ISOException 6985 in a session that was aborted.
   * @throws ArrayIndexOutOfBoundsException where the array has no room.
   */
  short wrap(byte[] baBuffer, short sOffset, short sLength) throws ISOException;

  /**
   * Verifies a command and removes its protection in place, as the current level says.
   *
   * <p>{@code sOffset} is where the header lies, {@code sLength} counts header, Lc and data field (with the
   * MAC), all of them received; Le is not counted. Afterwards the header stands there without the bit of
   * secure messaging but with its logical channel, then Lc (00 where no data is left), then the plain data,
   * and the length of all that is returned, 5 at least. A command whose class has no secure messaging, or
   * that comes while no session is open, stays as it is, and {@code sLength} is returned: ask {@link
   * #getSecurityLevel} first.
   *
   * @throws ISOException 6982 where the command does not verify, which aborts the session; 6985 in a session
   *     that was aborted.
   */
  short unwrap(byte[] baBuffer, short sOffset, short sLength) throws ISOException;

  /**
   * Decrypts data in place with the data encryption key of the key set that opened the session.
   *
   * @return length of the plain data; SCP03 knows no padding here, so it is {@code sLength}.
   * @throws ISOException 6985 where no session is open, 6700 where the data is no whole number of blocks.
   */
  short decryptData(byte[] baBuffer, short sOffset, short sLength) throws ISOException;

  /**
   * Encrypts data in place with the data encryption key of the key set that opened the session.
   *
   * @return length of the encrypted data; SCP03 knows no padding here, so it is {@code sLength}.
   * @throws ISOException 6985 where no session is open, 6700 where the data is no whole number of blocks,
   *     6982 where the platform does not offer it.
   */
  short encryptData(byte[] baBuffer, short sOffset, short sLength) throws ISOException;

  /** Ends the session and forgets its keys; does nothing where none was begun. */
  void resetSecurity();

  /**
   * The current level: {@link #NO_SECURITY_LEVEL}, or {@link #AUTHENTICATED} or {@link #ANY_AUTHENTICATED}
   * with {@link #C_MAC}, {@link #C_DECRYPTION}, {@link #R_MAC}, {@link #R_ENCRYPTION} added. Valid until the
   * next command; after a failed {@link #unwrap} it is {@link #NO_SECURITY_LEVEL}.
   */
  byte getSecurityLevel();
}
