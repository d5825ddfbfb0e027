// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class Scp03Test {
  private static final Json VECTORS = Json.read("crypto/scp03.json");

  /** A published session, as the card has it after INITIALIZE UPDATE; all have 8-byte challenges. */
  private record Published(Json json) {
    KeySet keys() {
      Json keys = json.get("keys");
      return new KeySet(keys.get("version").number(), keys.get("enc").bytes(), keys.get("mac").bytes(),
          keys.get("dek").bytes(), 0, KeySet.TRIES);
    }

    byte[] answer() {
      return json.get("initializeUpdateResponse").bytes();
    }

    byte[] hostChallenge() {
      return Arrays.copyOfRange(json.get("initializeUpdate").bytes(), 5, 13);
    }

    byte[] cardChallenge() {
      return Arrays.copyOfRange(answer(), 13, 21);
    }

    SecureSession session() {
      return new SecureSession(keys(), hostChallenge(), cardChallenge());
    }

    Command externalAuthenticate() {
      return Command.read(json.get("externalAuthenticate").bytes());
    }

    SecureSession opened() {
      SecureSession session = session();
      assertTrue(session.accept(externalAuthenticate()));
      return session;
    }
  }

  static List<Json> sessions() {
    return VECTORS.get("sessions").list();
  }

  static List<Json> sessionsWithCommands() {
    return sessions().stream().filter(session -> !session.get("exchanges").list().isEmpty()).toList();
  }

  static List<Json> sessionsWithAid() {
    return sessions().stream().filter(session -> session.has("aid")).toList();
  }

  static List<Json> derivations() {
    return VECTORS.get("keyDerivation").get("vectors").list();
  }

  static List<Json> checkValues() {
    return VECTORS.get("checkValues").list();
  }

  @ParameterizedTest
  @MethodSource("sessions")
  void givesTheCardCryptogramOfPublishedSessions(Json json) {
    Published published = new Published(json);
    byte[] expected = Arrays.copyOfRange(published.answer(), 21, 29);
    assertArrayEquals(expected, published.session().cardCryptogram());
  }

  @ParameterizedTest
  @MethodSource("sessions")
  void derivesTheSessionKeysOfPublishedSessions(Json json) {
    if (!json.has("sessionKeys")) return;
    Published published = new Published(json);
    byte[] context = Bytes.concat(published.hostChallenge(), published.cardChallenge());
    Json expected = json.get("sessionKeys");
    KeySet keys = published.keys();
    int length = keys.enc().length;
    assertArrayEquals(expected.get("enc").bytes(), Scp03.derive(keys.enc(), Scp03.S_ENC, context, length));
    assertArrayEquals(expected.get("mac").bytes(), Scp03.derive(keys.mac(), Scp03.S_MAC, context, length));
    assertArrayEquals(expected.get("rmac").bytes(), Scp03.derive(keys.mac(), Scp03.S_RMAC, context, length));
  }

  @ParameterizedTest
  @MethodSource("sessionsWithCommands")
  void understandsTheCommandsOfPublishedSessionsAndAnswersThem(Json json) {
    Published published = new Published(json);
    SecureSession session = published.opened();
    assertEquals(published.externalAuthenticate().p1(), session.level());
    for (Json exchange : json.get("exchanges").list()) {
      Command plain = Command.read(exchange.get("plain").bytes());
      Command wrapped = Command.read(exchange.get("wrapped").bytes());
      byte[] data = session.unwrap(wrapped);
      assertNotNull(data);
      Command read = wrapped.unprotected(data);
      assertArrayEquals(plain.data(), data);
      assertEquals(List.of(plain.cla(), plain.ins(), plain.p1(), plain.p2(), plain.le()),
          List.of(read.cla(), read.ins(), read.p1(), read.p2(), read.le()));
      if (!exchange.has("response")) continue;
      byte[] answer = exchange.get("plainResponse").bytes();
      int end = answer.length - 2;
      int status = Bytes.readUint16(answer, end);
      byte[] sent = session.wrap(Arrays.copyOf(answer, end), status);
      assertArrayEquals(exchange.get("response").bytes(), Bytes.concat(sent, Bytes.uint16(status)));
    }
  }

  @ParameterizedTest
  @MethodSource("sessionsWithCommands")
  void refusesAnyChangedByteOfPublishedCommands(Json json) {
    byte[] apdu = json.get("exchanges").list().get(0).get("wrapped").bytes();
    int end = 5 + (apdu[4] & 0xFF);
    for (int at = 1; at < end; at++) {
      if (at == 4) continue;
      byte[] changed = apdu.clone();
      changed[at] ^= 1;
      SecureSession session = new Published(json).opened();
      assertNull(session.unwrap(Command.read(changed)));
      assertEquals(0, session.level());
      assertNull(session.unwrap(Command.read(apdu)));
    }
  }

  @ParameterizedTest
  @MethodSource("sessions")
  void refusesAnyChangedByteOfAPublishedAuthentication(Json json) {
    byte[] apdu = json.get("externalAuthenticate").bytes();
    for (int at = 1; at < apdu.length; at++) {
      if (at == 4) continue;
      byte[] changed = apdu.clone();
      changed[at] ^= 1;
      assertFalse(new Published(json).session().accept(Command.read(changed)));
    }
  }

  @ParameterizedTest
  @MethodSource("sessionsWithAid")
  void computesTheChallengeOfPublishedSessionsFromTheSequenceCounterAndTheAid(Json json) {
    Published published = new Published(json);
    byte[] counter = Arrays.copyOfRange(published.answer(), 29, 32);
    byte[] context = Bytes.concat(counter, json.get("aid").bytes());
    byte[] challenge = Scp03.derive(published.keys().enc(), Scp03.CARD_CHALLENGE, context, 8);
    assertArrayEquals(published.cardChallenge(), challenge);
  }

  @ParameterizedTest
  @MethodSource("derivations")
  void derivesPublishedKeys(Json vector) {
    byte[] expected = vector.get("derived").bytes();
    byte[] context = vector.get("context").bytes();
    int constant = vector.get("constant").number();
    assertArrayEquals(expected, Scp03.derive(vector.get("key").bytes(), constant, context, expected.length));
  }

  @ParameterizedTest
  @MethodSource("checkValues")
  void computesPublishedCheckValues(Json vector) {
    assertArrayEquals(vector.get("value").bytes(), Scp03.checkValue(vector.get("key").bytes()));
  }

  @Test
  void readsPublishedFieldsOfPutKey() {
    Json vector = VECTORS.get("putKey");
    KeySet read = PutKey.read(vector.get("data").bytes(), vector.get("dek").bytes());
    Json keys = vector.get("keys");
    assertEquals(keys.get("version").number(), read.version());
    assertArrayEquals(keys.get("enc").bytes(), read.enc());
    assertArrayEquals(keys.get("mac").bytes(), read.mac());
    assertArrayEquals(keys.get("dek").bytes(), read.dek());
  }

  @Test
  void readsAPublishedFieldOfAKeyThatWasPadded() {
    Json vector = VECTORS.get("putKeyPadded");
    byte[] field = vector.get("field").bytes();
    KeySet read =
        PutKey.read(Bytes.concat(Bytes.of(7), field, field, field), vector.get("dek").bytes());
    assertArrayEquals(vector.get("key").bytes(), read.enc());
    assertArrayEquals(vector.get("key").bytes(), read.dek());
  }

  @Test
  void readsAKeyWithoutItsLengthWhereNothingWasPadded() {
    Json vector = VECTORS.get("putKey");
    byte[] data = vector.get("data").bytes();
    byte[] shorter = {data[0]};
    for (int at = 1; at < data.length; at += 23) {
      byte[] block = Arrays.copyOfRange(data, at + 3, at + 23);
      shorter = Bytes.concat(shorter, Bytes.of(data[at], 16), block);
    }
    assertArrayEquals(
        vector.get("keys").get("mac").bytes(), PutKey.read(shorter, vector.get("dek").bytes()).mac());
  }
}
