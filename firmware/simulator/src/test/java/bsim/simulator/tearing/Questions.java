// SPDX-License-Identifier: Apache-2.0
package bsim.simulator.tearing;

import bsim.simulator.CardImage;
import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.spec.ECFieldFp;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * All that a card can be asked, by anyone, by the administrator, and by whoever tries a PIN or the PUK: what
 * it answers is the same for two cards in the same state. Of a signature that differs each time it says
 * whether it verifies.
 */
final class Questions {
  private static final int SLOTS = 16;
  private static final String DIGEST = "5A".repeat(32);
  private static final String READ_LOG = "00CAFF24000000";

  private final TearableCard card;
  private final CardImage image;
  private final List<String> answers = new ArrayList<>();

  private Questions(TearableCard card, CardImage image) {
    this.card = card;
    this.image = image;
  }

  /** The answers of a card in that state; it may be in any state afterwards. */
  static List<String> ask(TearableCard card, CardImage image) {
    Questions questions = new Questions(card, image);
    questions.askAsAnyone();
    questions.askAsAdministrator();
    for (String pin : List.of(Apdu.PIN, Apdu.DURESS_PIN, Apdu.OTHER)) questions.askAsHolder(pin);
    questions.unblock();
    return questions.answers;
  }

  private Reader begin() {
    card.restore(image, Prepared.SEED);
    Reader reader = new Reader(card, Map.of(), Cut.Remains.FORWARD);
    ask(reader, Apdu.SELECT);
    return reader;
  }

  private void askAsAnyone() {
    Reader reader = begin();
    ask(reader, Apdu.INFORMATION);
    ask(reader, "00CAFF21000000");
    ask(reader, "00CAFF2200");
    ask(reader, "00CAFF26000000");
    ask(reader, "8047810000");
    ask(reader, "00200001");
    for (int reference = 1; reference <= SLOTS; reference++) ask(reader, Apdu.readPublicKey(reference));
    // The sequence counter of the key set, with the keys and whether it has tries.
    ask(reader, "8050000008" + "00".repeat(9));
    ask(reader, Apdu.SELECT_DOMAIN);
    ask(reader, "80CA00E000");
  }

  private void askAsAdministrator() {
    Reader reader = begin();
    try {
      reader.initializeUpdate();
    } catch (AssertionError locked) {
      answers.add("locked");
      return;
    }
    answers.add(reader.authenticate(0));
    answers.add(reader.secure(Apdu.ACTIVATE));
    answers.add(reader.secure(Apdu.attest(1)).substring(0, 2));
    answers.add(reader.secure(Apdu.generate(16, Apdu.P256, Apdu.DIGESTS_AND_ALL)));
    answers.add(reader.secure(Apdu.storeData(Apdu.HOLDER)));
    ask(reader, Apdu.verify(Apdu.PIN));
    ask(reader, READ_LOG);
  }

  private void askAsHolder(String pin) {
    Reader reader = begin();
    String answer = ask(reader, Apdu.verify(pin));
    if (!answer.equals("9000")) return;
    ask(reader, READ_LOG);
    ask(reader, "00CAFF2300");
    for (int reference = 1; reference <= SLOTS; reference++) {
      String key = ask(reader, Apdu.readPublicKey(reference));
      if (!reader.choose(reference, "").equals("9000")) continue;
      String signature = reader.send(Apdu.sign(DIGEST));
      answers.add(signature.length() == 4 ? signature : verdict(key, signature));
    }
    ask(reader, Apdu.generate(15, Apdu.P256, Apdu.DIGESTS_AND_ALL));
    ask(reader, READ_LOG);
  }

  private void unblock() {
    Reader reader = begin();
    if (ask(reader, Apdu.unblock(Apdu.PUK, Apdu.OTHER)).equals("9000")) ask(reader, READ_LOG);
  }

  private String ask(Reader reader, String apdu) {
    String answer = reader.send(apdu);
    answers.add(answer);
    return answer;
  }

  /** Whether a signature verifies, by the Java platform, which has P-256 only. */
  private static String verdict(String key, String signature) {
    try {
      AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
      parameters.init(new ECGenParameterSpec("secp256r1"));
      ECPoint point = new ECPoint(
          new BigInteger(key.substring(12, 76), 16), new BigInteger(key.substring(76, 140), 16));
      ECParameterSpec curve = parameters.getParameterSpec(ECParameterSpec.class);
      Signature verifier = Signature.getInstance("NONEwithECDSAinP1363Format");
      if (!isOn(curve, point)) return "a signature on another curve";
      verifier.initVerify(KeyFactory.getInstance("EC").generatePublic(new ECPublicKeySpec(point, curve)));
      verifier.update(Apdu.bytes(DIGEST));
      return verifier.verify(Apdu.bytes(signature.substring(0, 128))) ? "verifies" : "does not verify";
    } catch (GeneralSecurityException cause) {
      throw new IllegalStateException(cause);
    }
  }

  private static boolean isOn(ECParameterSpec curve, ECPoint point) {
    BigInteger p = ((ECFieldFp) curve.getCurve().getField()).getP();
    BigInteger x = point.getAffineX();
    BigInteger right = x.pow(3).add(curve.getCurve().getA().multiply(x)).add(curve.getCurve().getB());
    return point.getAffineY().pow(2).subtract(right).mod(p).signum() == 0;
  }
}
