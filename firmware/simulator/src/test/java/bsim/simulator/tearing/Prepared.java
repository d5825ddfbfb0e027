// SPDX-License-Identifier: Apache-2.0
package bsim.simulator.tearing;

import bsim.simulator.CardImage;
import bsim.simulator.CardOptions;
import bsim.simulator.CardOptions.Confirmation;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Cards in the states from which scenes begin, as test/fuzz/images.ts has them. A card is made once for each
 * way to confirm.
 */
final class Prepared {
  enum State {
    BLANK,
    BLANK_WITH_KEYS,
    WITH_DURESS_PIN,
    /** The same, of a card that asks a terminal. */
    WITH_TERMINAL,
    LAST_TRIES,
    FULL_LOG,
    ERASED,
    LAST_AUTHENTICATION
  }

  static final byte[] SEED = {1};

  /** A state of a card, ready to be restored, and what is known of its keys. */
  record Image(TearableCard card, CardImage image, Map<Integer, String> points) {
    /** Puts the card into it; gives whoever will use it. */
    Reader restore(Cut.Remains remains) {
      card.restore(image, SEED);
      return new Reader(card, points, remains);
    }
  }

  private final TearableCard card;
  private final TearableCard withTerminal;
  private final Map<State, Image> images = new EnumMap<>(State.class);

  Prepared(Flaw flaw) {
    CardOptions options = CardOptions.defaults().withSeed(SEED);
    card = new TearableCard(options, flaw);
    withTerminal = new TearableCard(options.withConfirmation(Confirmation.TERMINAL), flaw);
    images.put(State.BLANK, new Image(card, card.save(), Map.of()));
  }

  int largestTransaction() {
    return Math.max(card.largestTransaction(), withTerminal.largestTransaction());
  }

  Image of(State state) {
    Image known = images.get(state);
    if (known != null) return known;
    Image image = switch (state) {
      case BLANK_WITH_KEYS -> of(State.BLANK, this::makeKeys);
      case WITH_DURESS_PIN -> of(State.BLANK_WITH_KEYS, this::personalise);
      case LAST_TRIES -> of(State.WITH_DURESS_PIN, this::failWithPins);
      case FULL_LOG -> of(State.WITH_DURESS_PIN, this::fillLog);
      case ERASED -> of(State.WITH_DURESS_PIN, this::erase);
      case LAST_AUTHENTICATION -> of(State.BLANK, this::failAuthentications);
      case WITH_TERMINAL -> ofTerminal();
      default -> throw new IllegalStateException("no image " + state);
    };
    images.put(state, image);
    return image;
  }

  private Image of(State before, Consumer<Reader> work) {
    Image image = of(before);
    return after(image.card(), image.restore(Cut.Remains.FORWARD), work);
  }

  private Image ofTerminal() {
    Consumer<Reader> work = this::makeKeys;
    Reader reader = new Reader(withTerminal, Map.of(), Cut.Remains.FORWARD);
    return after(withTerminal, reader, work.andThen(this::personalise));
  }

  private Image after(TearableCard card, Reader reader, Consumer<Reader> work) {
    work.accept(reader);
    card.powerOff();
    reader.send(Apdu.SELECT);
    Map<Integer, String> points = new HashMap<>();
    for (int reference : new int[] {6, 10, 11}) {
      String answer = reader.send(Apdu.readPublicKey(reference));
      if (answer.startsWith("7F49")) points.put(reference, answer.substring(10, 140));
    }
    card.powerOff();
    return new Image(card, card.save(), points);
  }

  private void makeKeys(Reader reader) {
    administer(reader);
    make(reader, 1, Apdu.P256, Apdu.DIGESTS_AND_ALL);
    make(reader, 2, Apdu.SECP256K1, Apdu.DIGESTS_AND_ALL);
    make(reader, 3, Apdu.BRAINPOOL, Apdu.HOLDER_DELETES);
    make(reader, 6, Apdu.P256, Apdu.LIMITED);
    make(reader, 7, Apdu.P256, Apdu.LISTED);
    make(reader, 8, Apdu.P256, Apdu.CONFIRMED_AND_LIMITED);
    make(reader, 9, Apdu.P256, Apdu.NOTHING);
    make(reader, 10, Apdu.P256, Apdu.CONFIRMED);
    make(reader, 11, Apdu.P256, Apdu.PIN_EACH);
    make(reader, 14, Apdu.BRAINPOOL, Apdu.DIGESTS_AND_ALL);
    String shortSeed = "000102030405060708090A0B0C0D0E0F";
    answered(reader.secure(Apdu.importKey(4, Apdu.SECP256K1, Apdu.WALLET, shortSeed)));
    answered(reader.secure(Apdu.importKey(5, Apdu.P256, Apdu.WALLET, "7E".repeat(64))));
    answered(reader.secure(Apdu.importKey(13, Apdu.SECP256K1, Apdu.WALLET, shortSeed)));
    answered(reader.secure(Apdu.importKey(12, Apdu.P256, Apdu.AGREEMENT, Apdu.SECRET)));
    answered(reader.secure(Apdu.GENERATE_ATTESTATION_KEY));
    answered(reader.secure(Apdu.putCertificates("30820102", false)));
  }

  private void personalise(Reader reader) {
    administer(reader);
    answered(reader.secure(Apdu.storeData(Apdu.HOLDER)));
    answered(reader.send(Apdu.duress(Apdu.PUK, Apdu.DURESS_PIN)));
  }

  private void failWithPins(Reader reader) {
    reader.send(Apdu.SELECT);
    for (int i = 0; i < 2; i++) reader.send(Apdu.verify(Apdu.WRONG));
    for (int i = 0; i < 9; i++) reader.send(Apdu.unblock(Apdu.WRONG, Apdu.PIN));
  }

  private void fillLog(Reader reader) {
    reader.send(Apdu.SELECT);
    for (int i = 0; i < 70; i++) answered(reader.send(Apdu.verify(Apdu.PIN)));
  }

  private void erase(Reader reader) {
    administer(reader);
    answered(reader.secure(Apdu.FACTORY_RESET));
  }

  private void failAuthentications(Reader reader) {
    reader.send(Apdu.SELECT);
    for (int i = 0; i < 9; i++) {
      reader.initializeUpdate();
      reader.authenticate(8);
    }
  }

  private static void make(Reader reader, int reference, int curve, String policy) {
    answered(reader.secure(Apdu.generate(reference, curve, policy)));
  }

  static void administer(Reader reader) {
    reader.send(Apdu.SELECT);
    reader.initializeUpdate();
    answered(reader.authenticate(0));
  }

  private static void answered(String answer) {
    if (!answer.endsWith("9000")) throw new AssertionError("answered " + answer);
  }
}
