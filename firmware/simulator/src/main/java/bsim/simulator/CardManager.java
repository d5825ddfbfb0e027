// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

import java.util.function.Supplier;

/**
 * The issuer security domain as an application: opens secure channels, keeps the key sets, and makes the
 * installed application selectable. Commands and their order of checks: docs/apdu.md and docs/card.md.
 */
final class CardManager {
  private static final int AES = 0x88;

  /** Registry of the application that can be made selectable. */
  interface Registry {
    byte[] aid();

    boolean isInstalledOnly();

    boolean isSelectable();

    void makeSelectable();
  }

  private final SecurityDomain domain;
  private final Registry registry;
  private final Supplier<byte[]> diversification;
  private final WaitingResponse responses = new WaitingResponse();

  /** {@code diversification} gives the 10 bytes of key diversification data. */
  CardManager(SecurityDomain domain, Registry registry, Supplier<byte[]> diversification) {
    this.domain = domain;
    this.registry = registry;
    this.diversification = diversification;
  }

  /** Comes before it is selected or deselected on any logical channel. */
  void interrupt() {
    responses.drop();
  }

  /** R-APDU to the SELECT that found it. */
  byte[] select(Command command) {
    return responses.give(command.channel(), command.le(), SelectResponse.of(SecurityDomain.AID), Status.OK);
  }

  /** R-APDU to any other command. */
  byte[] process(Command wire) {
    int channel = wire.channel();
    boolean isProtected = false;
    byte[] data = Bytes.NONE;
    int status = Status.OK;
    try {
      Command plain = withoutSecureMessaging(wire);
      isProtected = plain != wire;
      checkInstruction(plain);
      // It begins a channel, and is not taken inside of one.
      if (isProtected && plain.is(Instruction.INITIALIZE_UPDATE))
        throw new StatusException(Status.UNKNOWN_CLASS);
      boolean isGetResponse = plain.is(Instruction.GET_RESPONSE);
      if (!isGetResponse) responses.drop();
      if (plain.isChained()) throw new StatusException(Status.CHAINING_UNSUPPORTED);
      checkLength(plain);
      if (isGetResponse) return responses.next(channel, wire.le());
      data = execute(plain, isProtected);
    } catch (StatusException refusal) {
      responses.drop();
      status = refusal.status();
    }
    byte[] answer = isProtected ? domain.wrap(data, status, channel) : data;
    return responses.give(channel, wire.le(), answer, status);
  }

  private Command withoutSecureMessaging(Command wire) {
    if (!wire.isSecure() || wire.is(Instruction.EXTERNAL_AUTHENTICATE)) return wire;
    if (wire.hasExtendedLc()) throw new StatusException(Status.WRONG_LENGTH);
    return wire.unprotected(domain.unwrap(wire, wire.channel()));
  }

  /** Throws {@link StatusException} 6D00, 6A86, 6A88 or 6E00. */
  private static void checkInstruction(Command command) {
    int p1 = command.p1();
    int p2 = command.p2();
    int refusal = Status.BAD_PARAMETERS;
    boolean fits;
    switch (command.instruction()) {
      case Instruction.SELECT -> fits = p1 == 0x04 && (p2 == 0x00 || p2 == 0x02);
      case Instruction.GET_RESPONSE -> fits = p1 == 0 && p2 == 0;
      case Instruction.INITIALIZE_UPDATE -> fits = p1 <= 0x7F && p2 == 0;
      case Instruction.EXTERNAL_AUTHENTICATE -> fits = Scp03.isLevel(p1) && p2 == 0;
      case Instruction.GET_DATA -> {
        fits = p1 == 0x00 && p2 == 0xE0;
        refusal = Status.NOT_FOUND;
      }
      case Instruction.PUT_KEY -> fits = p1 <= 0x7F && p2 == 0x81;
      case Instruction.INSTALL -> fits = p1 == 0x08 && p2 == 0x00;
      default -> {
        fits = false;
        refusal = Status.UNKNOWN_INSTRUCTION;
      }
    }
    if (!fits) throw new StatusException(refusal);
    if (command.is(Instruction.EXTERNAL_AUTHENTICATE) && !command.isSecure())
      throw new StatusException(Status.UNKNOWN_CLASS);
  }

  private static void checkLength(Command command) {
    int length = command.data().length;
    boolean fits = switch (command.instruction()) {
      case Instruction.SELECT -> length <= 16;
      case Instruction.INITIALIZE_UPDATE -> length >= 8 && length <= 16;
      case Instruction.EXTERNAL_AUTHENTICATE -> length >= 16 && length <= 32 && !command.hasExtendedLc();
      case Instruction.PUT_KEY -> length >= 1 && length <= 255;
      case Instruction.INSTALL -> length >= 12 && length <= 23;
      default -> length == 0;
    };
    if (!fits) throw new StatusException(Status.WRONG_LENGTH);
  }

  private byte[] execute(Command command, boolean isAdministrator) {
    switch (command.instruction()) {
      case Instruction.SELECT:
        throw new StatusException(Status.APPLICATION_NOT_FOUND);
      case Instruction.INITIALIZE_UPDATE:
        return domain.initializeUpdate(
            command.channel(), SecurityDomain.AID, diversification.get(), command.p1(), command.data());
      case Instruction.EXTERNAL_AUTHENTICATE:
        domain.externalAuthenticate(command.channel(), command);
        return Bytes.NONE;
      case Instruction.GET_DATA:
        return keyInformation();
      default:
        if (!isAdministrator) throw new StatusException(Status.NOT_AUTHORISED);
        if (command.is(Instruction.PUT_KEY)) return putKey(command);
        makeSelectable(command.data());
        return Bytes.NONE;
    }
  }

  /** E0 {C0 {key identifier ‖ version ‖ 88 ‖ length}, …}. Source: Card Specification 2.3.1 §11.3.3.1. */
  private byte[] keyInformation() {
    byte[] list = Bytes.NONE;
    for (KeySet set : domain.keys().all())
      for (int id = 1; id <= 3; id++)
        list = Bytes.concat(list, Bytes.of(0xC0, 4, id, set.version(), AES, set.enc().length));
    return Bytes.concat(Bytes.of(0xE0, list.length), list);
  }

  private byte[] putKey(Command command) {
    KeySet set = PutKey.read(command.data(), domain.dekOn(command.channel()));
    domain.keys().put(command.p1(), set);
    return PutKey.response(set);
  }

  /** 00 00 ‖ length ‖ AID ‖ 01 00 00 00. Source: Card Specification 2.3.1 §11.5. */
  private void makeSelectable(byte[] data) {
    int length = data[2] & 0xFF;
    if (data[0] != 0 || data[1] != 0 || data.length != length + 7) throw new StatusException(Status.BAD_DATA);
    byte[] rest = Bytes.slice(data, 3 + length, data.length);
    if (!Bytes.equal(rest, Bytes.of(1, 0, 0, 0))) throw new StatusException(Status.BAD_DATA);
    if (!Bytes.equal(Bytes.slice(data, 3, 3 + length), registry.aid()))
      throw new StatusException(Status.NOT_FOUND);
    if (!registry.isInstalledOnly()) throw new StatusException(Status.WRONG_STATE);
    registry.makeSelectable();
  }
}
