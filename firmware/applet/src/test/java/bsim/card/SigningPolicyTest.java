// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import javacard.framework.ISOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rules: docs/card.md, "Policy". */
class SigningPolicyTest {
  private static final int AT = 7;
  private static final String XTS = "8203585453830102";
  private static final BigInteger MOST = BigInteger.TWO.pow(64).subtract(BigInteger.ONE);

  private final byte[] ram = new byte[Ram.LENGTH];

  private SigningPolicy policy(String digits) {
    byte[] bytes = HexFormat.of().parseHex(digits);
    byte[] policies = new byte[AT + bytes.length + 4];
    Arrays.fill(policies, (byte) 0x85);
    System.arraycopy(bytes, 0, policies, AT, bytes.length);
    // Place 0 stands for none.
    System.arraycopy(new byte[] {0x58, 0x54, 0x53}, 0, policies, 0, 3);
    SigningPolicy policy = new SigningPolicy(ram, policies);
    policy.begin((short) AT, (short) bytes.length);
    return policy;
  }

  private static String ascii(String text) {
    return HexFormat.of().formatHex(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static String typed(String types) {
    return "800104" + String.format("81%02x", types.length()) + ascii(types);
  }

  private boolean allows(SigningPolicy policy, String name, boolean isUnderstood) {
    byte[] bytes = name.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(bytes, 0, ram, TransactionRam.NAME + 1, bytes.length);
    return policy.allows((short) (TransactionRam.NAME + 1), (short) bytes.length, isUnderstood);
  }

  private static byte[] uint64(BigInteger value) {
    byte[] bytes = value.toByteArray();
    byte[] uint64 = new byte[8];
    int length = Math.min(8, bytes.length);
    System.arraycopy(bytes, bytes.length - length, uint64, 8 - length, length);
    return uint64;
  }

  /** What was spent afterwards; null when that is refused. */
  private BigInteger spend(SigningPolicy policy, BigInteger spent, String currency, BigInteger total) {
    System.arraycopy(currency.getBytes(StandardCharsets.US_ASCII), 0, ram, TransactionRam.TOTAL_CURRENCY, 3);
    System.arraycopy(uint64(total), 0, ram, TransactionRam.TOTAL, 8);
    byte[] next = new byte[8];
    try {
      policy.spend(uint64(spent), (short) 0, next, (short) 0);
      return new BigInteger(1, next);
    } catch (ISOException refusal) {
      assertEquals(0x6985, refusal.getReason());
      return null;
    }
  }

  @Test
  void readsFlags() {
    for (int flags = 0; flags < 64; flags++)
      for (int flag = 1; flag < 64; flag *= 2)
        assertEquals((flags & flag) != 0, policy(String.format("8001%02x", flags)).hasFlag((byte) flag));
  }

  @Test
  void allowsWhatIsUnderstoodWhereNothingIsNamed() {
    assertTrue(allows(policy("800106"), "money/transfer", true));
    assertFalse(allows(policy("800106"), "money/transfers", false));
    assertTrue(allows(policy("800106" + XTS + "84080000000000000001"), "a/b", true));
  }

  @Test
  void allowsWhatIsNamedAndNothingElse() {
    List<String> names = List.of("money/transfer", "a/b", "voting/cast", "a/bc");
    SigningPolicy policy = policy(typed(String.join(",", names)));
    for (String name : names) {
      assertTrue(allows(policy, name, false));
      assertTrue(allows(policy(typed(name)), name, true));
    }
    String others = "money/transfe oney/transfer a/b,voting/cast identity/create b a/bcd /";
    for (String other : others.split(" ")) {
      assertFalse(allows(policy, other, false));
      assertFalse(allows(policy, other, true));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "00", "0000", "000000", "0000000000"})
  void findsNothingInAPolicyThatWasWiped(String digits) {
    SigningPolicy policy = policy(digits);
    assertFalse(policy.hasFlag(Protocol.POLICY_TRANSACTIONS));
    assertTrue(allows(policy, "money/transfer", true));
    assertEquals(-1, policy.digits());
  }

  @Test
  void countsOnlyForACumulativeLimitAndNeverPassesOne() {
    Random random = new Random(20);
    int refused = 0;
    for (int i = 0; i < 50_000; i++) {
      BigInteger each = amount(random);
      BigInteger all = amount(random);
      boolean hasEach = random.nextBoolean();
      boolean hasAll = !hasEach || random.nextBoolean();
      boolean isOther = random.nextInt(10) == 0;
      String limit = (hasEach ? "8408" + hex(each) : "") + (hasAll ? "8508" + hex(all) : "");
      SigningPolicy policy = policy(typed("a/b") + XTS + limit);
      BigInteger spent = amount(random);
      BigInteger total = amount(random);
      BigInteger sum = spent.add(total);
      boolean isRefused =
          isOther || hasEach && total.compareTo(each) > 0 || hasAll && sum.compareTo(all) > 0;
      BigInteger expected = isRefused ? null : hasAll ? sum : spent;
      assertEquals(expected, spend(policy, spent, isOther ? "XTT" : "XTS", total));
      if (isRefused) refused++;
    }
    assertTrue(refused > 5000 && refused < 45_000);
  }

  @Test
  void givesTheDigitsOfTheLimitWhereThatIsInTheCurrencyThatIsPaid() {
    SigningPolicy policy = policy("800106" + "820358545383011284080000000000000001");
    spend(policy, BigInteger.ZERO, "XTS", BigInteger.ONE);
    assertEquals(18, policy.digits());
    assertEquals(-1, policy("800106").digits());
    assertEquals(-1, policy(typed("a/b")).digits());
    spend(policy, BigInteger.ZERO, "XTT", BigInteger.ONE);
    assertEquals(-1, policy.digits());
  }

  @Test
  void countsNothingWithoutALimit() {
    assertEquals(BigInteger.TEN, spend(policy("800106"), BigInteger.TEN, "XTS", MOST));
    assertEquals(BigInteger.TEN, spend(policy(typed("a/b")), BigInteger.TEN, "XTS", MOST));
  }

  @Test
  void holdsAtTheEndOf64Bits() {
    SigningPolicy policy = policy("800106" + XTS + "8508" + hex(MOST));
    assertEquals(MOST, spend(policy, BigInteger.ZERO, "XTS", MOST));
    assertEquals(MOST, spend(policy, MOST.subtract(BigInteger.ONE), "XTS", BigInteger.ONE));
    assertEquals(null, spend(policy, MOST, "XTS", BigInteger.ONE));
    assertEquals(null, spend(policy, BigInteger.ONE, "XTS", MOST));
    assertEquals(null, spend(policy, MOST, "XTS", MOST));
  }

  @Test
  void refusesWith6985() {
    assertEquals(0x6985, assertThrows(ISOException.class, SigningPolicy::refuse).getReason());
  }

  private static String hex(BigInteger value) {
    return HexFormat.of().formatHex(uint64(value));
  }

  private static BigInteger amount(Random random) {
    return new BigInteger(64, random).shiftRight(random.nextInt(64));
  }
}
