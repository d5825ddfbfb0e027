// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

/**
 * The issuer security domain's side of SCP03, for all applications of the card. A card has one secure
 * channel: what INITIALIZE UPDATE begins on one logical channel ends what was open on another. Source:
 * GlobalPlatform Amendment D v1.2.
 */
final class SecurityDomain {
  static final byte[] AID = Bytes.fromHex("A000000151000000");
  /** Bytes of the key diversification data. */
  static final int DIVERSIFICATION_LENGTH = 10;

  private static final int NOWHERE = -1;
  private static final int PROTOCOL = 0x03;
  /** Bits of the i parameter. Source: GlobalPlatform Amendment D v1.2 §5.1. */
  private static final int OPTION_S16 = 0x01;

  private static final int OPTION_PSEUDO_RANDOM = 0x10;
  private static final int OPTION_R_MAC_AND_ENCRYPTION = 0x60;

  private final KeyStore keys;
  private final Scp03Profile profile;
  private final CardRandom random;

  /** Between INITIALIZE UPDATE and EXTERNAL AUTHENTICATE: where, with which set. */
  private int pendingChannel = NOWHERE;

  private KeySet pendingSet;
  private SecureSession pending;

  private int openChannel = NOWHERE;
  private SecureSession open;
  private byte[] openDek = Bytes.NONE;
  /** Logical channel on which an application's session was aborted and not ended yet. */
  private int abortedChannel = NOWHERE;

  SecurityDomain(KeyStore keys, Scp03Profile profile, CardRandom random) {
    this.keys = keys;
    this.profile = profile;
    this.random = random;
  }

  KeyStore keys() {
    return keys;
  }

  /** Security level on that logical channel; 0 where no secure channel is open. */
  int levelOn(int channel) {
    return channel == openChannel ? open.level() : 0;
  }

  boolean isAbortedOn(int channel) {
    return channel == abortedChannel;
  }

  /**
   * Static DEK of the key set that opened the secure channel of that logical channel; null where none is
   * open.
   */
  byte[] dekOn(int channel) {
    return channel == openChannel ? openDek.clone() : null;
  }

  /** Forgets what INITIALIZE UPDATE began: a command came that is not EXTERNAL AUTHENTICATE. */
  void interrupted() {
    if (pending != null) pending.close();
    pending = null;
    pendingSet = null;
    pendingChannel = NOWHERE;
  }

  /** Ends whatever a logical channel has of the security domain. */
  void endOn(int channel) {
    if (channel == pendingChannel) interrupted();
    if (channel == openChannel) end();
    if (channel == abortedChannel) abortedChannel = NOWHERE;
  }

  /** Ends whatever there is: reset, loss of power. */
  void reset() {
    interrupted();
    end();
    abortedChannel = NOWHERE;
  }

  /**
   * Response of INITIALIZE UPDATE, with those 10 bytes first. Throws {@link StatusException} 6700, 6A88,
   * 6983.
   */
  byte[] initializeUpdate(
      int channel, byte[] aid, byte[] diversification, int version, byte[] hostChallenge) {
    interrupted();
    end();
    abortedChannel = NOWHERE;
    if (hostChallenge.length != profile.length()) throw new StatusException(Status.WRONG_LENGTH);
    KeySet set = keys.find(version);
    if (set == null) throw new StatusException(Status.NOT_FOUND);
    if (set.triesLeft() == 0 || set.sequenceCounter() == KeySet.SEQUENCE_COUNTER_MAX)
      throw new StatusException(Status.BLOCKED);
    byte[] counter = Scp03.counterBytes(set.sequenceCounter());
    byte[] cardChallenge = profile.isPseudoRandom()
        ? Scp03.derive(set.enc(), Scp03.CARD_CHALLENGE, Bytes.concat(counter, aid), profile.length())
        : random.bytes(profile.length());
    pending = new SecureSession(set, hostChallenge, cardChallenge);
    pendingSet = set;
    pendingChannel = channel;
    byte[] information = Bytes.of(set.version(), PROTOCOL, options());
    byte[] cryptogram = pending.cardCryptogram();
    byte[] tail = profile.isPseudoRandom() ? counter : Bytes.NONE;
    return Bytes.concat(diversification, information, cardChallenge, cryptogram, tail);
  }

  /** Length of the response of INITIALIZE UPDATE. */
  int responseLength() {
    return DIVERSIFICATION_LENGTH + 3 + 2 * profile.length() + (profile.isPseudoRandom() ? 3 : 0);
  }

  /** Opens the secure channel. Throws {@link StatusException} 6985 or 6300; then nothing is open. */
  void externalAuthenticate(int channel, Command command) {
    SecureSession begun = pending;
    KeySet set = pendingSet;
    boolean isHere = channel == pendingChannel;
    pending = null;
    pendingSet = null;
    pendingChannel = NOWHERE;
    if (!isHere) throw new StatusException(Status.WRONG_STATE);
    // Counted before it is compared, as with a PIN.
    keys.update(set.with(set.sequenceCounter(), set.triesLeft() - 1));
    if (!begun.accept(command)) throw new StatusException(Status.AUTHENTICATION_FAILED);
    keys.update(set.with(set.sequenceCounter() + 1, KeySet.TRIES));
    open = begun;
    openChannel = channel;
    openDek = set.dek().clone();
  }

  /**
   * Plain data of a protected command on a logical channel. Throws {@link StatusException} 6982 where it does
   * not verify, which ends the secure channel, or where none is open there, which leaves that of another
   * logical channel alone.
   */
  byte[] unwrap(Command command, int channel) {
    byte[] plain = channel == openChannel ? open.unwrap(command) : null;
    if (plain != null) return plain;
    if (channel == openChannel) end();
    throw new StatusException(Status.NOT_AUTHORISED);
  }

  /** As {@link #unwrap}, for an application, which ends the session itself once it was aborted. */
  byte[] unwrapForApplication(Command command, int channel) {
    try {
      return unwrap(command, channel);
    } catch (StatusException refusal) {
      abortedChannel = channel;
      throw refusal;
    }
  }

  /** Data field of the answer to the command that was unwrapped last on that logical channel. */
  byte[] wrap(byte[] data, int status, int channel) {
    return channel == openChannel ? open.wrap(data, status) : data;
  }

  private int options() {
    return OPTION_R_MAC_AND_ENCRYPTION
        | (profile.isPseudoRandom() ? OPTION_PSEUDO_RANDOM : 0)
        | (profile.isS16() ? OPTION_S16 : 0);
  }

  private void end() {
    if (open != null) open.close();
    Bytes.wipe(openDek);
    open = null;
    openDek = Bytes.NONE;
    openChannel = NOWHERE;
  }
}
