// SPDX-License-Identifier: Apache-2.0
package bsim.simulator.tearing;

import bsim.simulator.tearing.Prepared.State;
import bsim.simulator.tearing.Scene.Act;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * Every command that writes, in every way that it writes; titles are those of the emulator's writing scenes,
 * then others.
 */
final class Scenes {
  // Answers, as patterns.
  private static final String OK = "9000";
  private static final String DATA = ".+9000";
  private static final String SIGNATURE = "[0-9A-F]{128}9000";
  private static final String PENDING = "91..";
  private static final String MORE = ".+61..";

  private static final Act SELECT = send(Apdu.SELECT, DATA);
  private static final Act BEGIN = reader -> {
    reader.initializeUpdate();
    return OK;
  };
  private static final Act AUTHENTICATE = reader -> answered(reader.authenticate(0), OK);
  private static final Act VERIFY = send(Apdu.verify(Apdu.PIN), OK);
  private static final List<Act> OPEN = List.of(SELECT, BEGIN, AUTHENTICATE);
  private static final List<Act> INSIDE = List.of(SELECT, VERIFY);
  private static final String DIGEST = "11".repeat(32);
  /** Point of the private key 35…35 on P-256, by OpenSSL. */
  private static final String PEER = "04B31002687316F9900CC0CE9E6C227BE8A982BE1C3EC547A41ADEBE2289DBAAF5"
      + "88C5931A414CEE3AFE1826863D339B6421CD2941965C35BBC9C6C4B55FF7D2CE";

  private Scenes() {}

  static List<Scene> all() {
    return Stream.of(ofPins(), ofKeys(), ofSignatures(), ofConfirmations(), ofCard())
        .flatMap(List::stream)
        .toList();
  }

  private static List<Scene> ofPins() {
    return List.of(
        held("VERIFY, right, wrong, with the duress PIN",
            SELECT, VERIFY, send(Apdu.verify(Apdu.WRONG), "63C2"), send(Apdu.verify(Apdu.DURESS_PIN), OK)),
        held("VERIFY until the PIN is blocked",
            SELECT, send(Apdu.verify(Apdu.WRONG), "63C2"), send(Apdu.verify(Apdu.WRONG), "63C1"),
            send(Apdu.verify(Apdu.WRONG), "63C0"), send(Apdu.verify(Apdu.PIN), "6983")),
        held("CHANGE REFERENCE DATA",
            SELECT, send(Apdu.change(Apdu.WRONG, Apdu.OTHER), "63C2"),
            send(Apdu.change(Apdu.PIN, Apdu.OTHER), OK),
            send(Apdu.change(Apdu.OTHER, Apdu.DURESS_PIN), "6A80"),
            send(Apdu.change(Apdu.DURESS_PIN, Apdu.PIN), OK)),
        held("RESET RETRY COUNTER",
            SELECT, send(Apdu.verify(Apdu.WRONG), "63C2"), send(Apdu.unblock(Apdu.WRONG, Apdu.OTHER), "63C9"),
            send(Apdu.unblock(Apdu.PUK, Apdu.OTHER), OK)),
        held("RESET RETRY COUNTER of the duress PIN",
            SELECT, send(Apdu.duress(Apdu.WRONG, Apdu.OTHER), "63C9"),
            send(Apdu.duress(Apdu.PUK, Apdu.OTHER), OK),
            send(Apdu.duress(Apdu.PUK, Apdu.PIN), "6A80"), send(Apdu.duress(Apdu.PUK, Apdu.REMOVAL), OK)),
        scene("the PUK’s last try", State.LAST_TRIES,
            SELECT, send(Apdu.verify(Apdu.WRONG), "63C0"),
            send(Apdu.unblock(Apdu.WRONG, Apdu.OTHER), "63C0")),
        scene("a full log", State.FULL_LOG, SELECT, VERIFY, send(Apdu.verify(Apdu.WRONG), "63C2")));
  }

  private static List<Scene> ofKeys() {
    return List.of(
        held("keys made and erased by the holder", with(INSIDE, send(Apdu.delete(3), OK),
            send(Apdu.generate(15, Apdu.P256, Apdu.HOLDER_DELETES), DATA),
            send(Apdu.generateWallet(16, Apdu.SECP256K1), DATA))),
        held("keys brought and erased by the administrator", with(OPEN, VERIFY,
            secure(Apdu.delete(4), OK),
            secure(Apdu.importKey(15, Apdu.P256, Apdu.AGREEMENT, Apdu.SECRET), DATA),
            secure(Apdu.importKey(16, Apdu.P256, Apdu.WALLET, Apdu.SECRET), DATA))),
        scene("what the issuer makes on a blank card", State.BLANK, with(OPEN,
            secure(Apdu.generate(1, Apdu.P256, Apdu.LIMITED), DATA),
            secure(Apdu.importKey(2, Apdu.P256, Apdu.AGREEMENT, Apdu.SECRET), DATA),
            secure(Apdu.GENERATE_ATTESTATION_KEY, DATA), secure(Apdu.putCertificates("3000", false), OK),
            secure(Apdu.storeData(Apdu.HOLDER + "DF25020104"), OK))),
        held("a wallet imported under duress, and one made", with(OPEN,
            send(Apdu.verify(Apdu.DURESS_PIN), OK),
            secure(Apdu.importKey(15, Apdu.P256, Apdu.WALLET, Apdu.SECRET), DATA),
            send(Apdu.generateWallet(16, Apdu.P256), DATA))));
  }

  private static List<Scene> ofSignatures() {
    return List.of(
        held("signatures of digests and messages", with(INSIDE,
            choose(1, ""), send(Apdu.sign(DIGEST), SIGNATURE), send(Apdu.MESSAGE, OK),
            send(Apdu.RELEASE, SIGNATURE),
            choose(3, ""), send(Apdu.sign(DIGEST), SIGNATURE),
            choose(5, "80000000"), send(Apdu.MESSAGE, OK), send(Apdu.RELEASE, SIGNATURE))),
        held("transactions up to a limit, which is reset", with(OPEN, VERIFY,
            choose(6, ""), transfer(2, 100), transfer(2, 100, "6985"), transfer(2, 100, "6985"),
            transfer(1, 40),
            secure(Apdu.resetLimit(6), OK), transfer(2, 100))),
        held("signatures that each use up the PIN", with(INSIDE,
            choose(11, ""), send(Apdu.MESSAGE, OK), send(Apdu.RELEASE, SIGNATURE), VERIFY, choose(11, ""),
            transfer(0, 1))),
        held("authentication, agreement and attestation", with(INSIDE,
            send(Apdu.chooseForAuthentication(1), OK), send("0088000010" + "00".repeat(17), SIGNATURE),
            send(Apdu.chooseForAgreement(12), OK), send("00860000457C438541" + PEER + "00", DATA),
            send(Apdu.attest(1), DATA))));
  }

  private static List<Scene> ofConfirmations() {
    return List.of(
        held("a transaction confirmed with the PIN", with(INSIDE,
            choose(10, ""), transfer(0, 1, OK), confirm(Apdu.PIN, OK), send(Apdu.RELEASE, SIGNATURE),
            transfer(0, 1, OK), confirm(Apdu.WRONG, "63C2"), VERIFY, choose(10, ""), transfer(0, 1, OK),
            VERIFY, choose(10, ""), transfer(0, 1, OK), confirm(Apdu.DURESS_PIN, OK))),
        scene("a transaction confirmed at the terminal, or not", State.WITH_TERMINAL, with(INSIDE,
            send(Apdu.TERMINAL_PROFILE, OK), choose(10, ""), transfer(0, 1, PENDING), send(Apdu.FETCH, DATA),
            send(Apdu.SHOWN, PENDING), send(Apdu.FETCH, DATA), send(Apdu.YES, OK),
            send(Apdu.RELEASE, SIGNATURE),
            transfer(0, 1, PENDING), send(Apdu.FETCH, DATA), send(Apdu.SHOWN, PENDING),
            send(Apdu.FETCH, DATA),
            send(Apdu.NO, OK), transfer(0, 1, PENDING), send(Apdu.INFORMATION, DATA))),
        held("a transaction that waits when the card is selected, or another PIN is tried", with(INSIDE,
            choose(10, ""), transfer(0, 1, OK), send(Apdu.SELECT, DATA), VERIFY, choose(10, ""),
            transfer(0, 1, OK), send(Apdu.verify(Apdu.WRONG), "63C2"), VERIFY, choose(10, ""),
            transfer(0, 1, OK), send(Apdu.unblock(Apdu.WRONG, Apdu.OTHER), "63C9"), choose(10, ""),
            transfer(0, 1, OK), confirm(Apdu.PIN, OK), send(Apdu.SELECT_DOMAIN, DATA))));
  }

  private static List<Scene> ofCard() {
    return List.of(
        held("certificates, replaced", with(OPEN, secure(Apdu.putCertificates("30".repeat(200), false), OK))),
        held("certificates in parts, and long answers in their second place", with(OPEN,
            secure(Apdu.putCertificates("31".repeat(100), true), OK),
            secure(Apdu.putCertificates("32".repeat(100), false), OK), secureLong("00CAFF21"),
            secureLong("00CAFF24"))),
        held("DEACTIVATE FILE and ACTIVATE FILE", with(OPEN, secure(Apdu.BLOCK, OK),
            secure(Apdu.ACTIVATE, OK))),
        held("TERMINATE DF", with(OPEN, secure(Apdu.TERMINATE, OK))),
        held("FACTORY RESET", with(OPEN, secure(Apdu.FACTORY_RESET, OK))),
        scene("FACTORY RESET of a blank card", State.BLANK_WITH_KEYS, with(OPEN,
            secure(Apdu.FACTORY_RESET, OK))),
        scene("personalisation", State.BLANK_WITH_KEYS,
            with(OPEN, secure(Apdu.storeData(Apdu.HOLDER + "DF25020104"), OK), VERIFY)),
        scene("personalisation with rules and forbidden PINs, after a reset", State.ERASED,
            with(OPEN,
                secure(Apdu.storeData(Apdu.HOLDER + "DF25020304DF2610" + Apdu.OTHER + Apdu.WRONG), "6A80"),
                secure(Apdu.storeData(Apdu.HOLDER + "DF25020104DF2610" + Apdu.OTHER + Apdu.WRONG), OK))),
        held("EXTERNAL AUTHENTICATE, right and wrong, through both applications", with(OPEN,
            BEGIN, authenticate(6), BEGIN, authenticate(16), send(Apdu.SELECT_DOMAIN, DATA), BEGIN,
            authenticate(6),
            BEGIN, AUTHENTICATE)),
        scene("the last try of a key set", State.LAST_AUTHENTICATION,
            SELECT, BEGIN, authenticate(6), send("8050000008" + "00".repeat(9), "6983")));
  }

  private static Scene held(String title, Act... acts) {
    return scene(title, State.WITH_DURESS_PIN, acts);
  }

  private static Scene scene(String title, State state, Act... acts) {
    return new Scene(title, state, List.of(acts));
  }

  private static Act[] with(List<Act> first, Act... others) {
    List<Act> all = new ArrayList<>(first);
    all.addAll(Arrays.asList(others));
    return all.toArray(Act[]::new);
  }

  private static Act send(String apdu, String expected) {
    return reader -> answered(reader.send(apdu), expected);
  }

  private static Act secure(String apdu, String expected) {
    return reader -> answered(reader.secure(apdu), expected);
  }

  /** A command inside the secure channel whose answer is too long for one: what waits is not fetched. */
  private static Act secureLong(String header) {
    return reader -> answered(reader.secureUnfetched(header + "00"), MORE);
  }

  private static Act choose(int reference, String path) {
    return reader -> answered(reader.choose(reference, path), OK);
  }

  /** A transfer that is signed at once. */
  private static Act transfer(int nonce, int amount) {
    return transfer(nonce, amount, SIGNATURE);
  }

  private static Act transfer(int nonce, int amount, String expected) {
    return reader -> answered(reader.transfer(nonce, amount), expected);
  }

  private static Act confirm(String pin, String expected) {
    return reader -> answered(reader.confirm(pin), expected);
  }

  private static Act authenticate(int wrongAt) {
    return reader -> answered(reader.authenticate(wrongAt), "6300");
  }

  private static String answered(String answer, String pattern) {
    if (!answer.matches(pattern)) throw new AssertionError("answered " + answer + ", expected " + pattern);
    return answer;
  }
}
