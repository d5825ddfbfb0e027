// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import javacard.framework.Util;

/**
 * What anybody may know of a key: B6 {84 reference, 80 curve, C0 role, 95 usage, C1 policy, C2 origin, C3
 * signatures, C4 spent}.
 */
final class KeyDirectory {
  /** Bytes in the template besides the object of the policy. */
  private static final short FIXED_LENGTH = 31;

  private final byte[] ram;
  private final KeySlots slots;

  KeyDirectory(byte[] ram, KeySlots slots) {
    this.ram = ram;
    this.slots = slots;
  }

  /** Bytes of all entries. */
  short length() {
    short sum = 0;
    for (byte reference = 1; reference <= Protocol.KEY_SLOTS; reference++) sum += length(reference);
    return sum;
  }

  /** Copies {@code count} bytes of the entries from {@code from} on; an entry is made in the region CRYPTO. */
  void copy(short from, byte[] out, short at, short count) {
    short start = 0;
    for (byte reference = 1; reference <= Protocol.KEY_SLOTS && count > 0; reference++) {
      short behind = (short) (start + length(reference));
      if (from < behind) {
        entry(reference, ram, Ram.CRYPTO);
        short part = (short) (behind - from);
        if (part > count) part = count;
        at = Util.arrayCopyNonAtomic(ram, (short) (Ram.CRYPTO + from - start), out, at, part);
        from += part;
        count -= part;
      }
      start = behind;
    }
  }

  /** Bytes of the entry of a slot; 0 of an empty one. */
  short length(byte reference) {
    return slots.isUsed(reference) ? Tlv.sizeOf(templateLength(reference)) : 0;
  }

  /** Writes the entry of a slot that is used, at most 166 bytes; gives the place behind it. */
  short entry(byte reference, byte[] out, short at) {
    byte[] memory = slots.memory;
    at = Tlv.writeHead((byte) 0xB6, templateLength(reference), out, at);
    at = Tlv.write((byte) 0x84, reference, out, at);
    at = Tlv.write((byte) 0x80, slots.curve(reference), out, at);
    at = Tlv.write((byte) 0xC0, slots.role(reference), out, at);
    at = Tlv.write((byte) 0x95, slots.usage(reference), out, at);
    at = Tlv.write((byte) 0xC1, memory, slots.policyAt(reference), slots.policyLength(reference), out, at);
    at = Tlv.write((byte) 0xC2, slots.origin(reference), out, at);
    at = Tlv.write((byte) 0xC3, memory, slots.signaturesAt(reference), (short) 4, out, at);
    return Tlv.write((byte) 0xC4, memory, slots.spentAt(reference), (short) 8, out, at);
  }

  private short templateLength(byte reference) {
    return (short) (FIXED_LENGTH + Tlv.sizeOf(slots.policyLength(reference)));
  }
}
