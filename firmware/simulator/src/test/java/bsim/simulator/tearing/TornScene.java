// SPDX-License-Identifier: Apache-2.0
package bsim.simulator.tearing;

import bsim.simulator.CardImage;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A scene, played again and again until the card was torn before and behind each step of each of its
 * commands, and of the SELECT that tidies up after such a cut. Then the card must be in one of the states
 * that the command allows: not a byte of its memory may differ, nor any of its answers.
 */
final class TornScene {
  // Class and instruction of commands.
  private static final int VERIFY = 0x0020;
  private static final int CHANGE_REFERENCE_DATA = 0x0024;
  private static final int RESET_RETRY_COUNTER = 0x002C;
  private static final int CONFIRM = 0x8020;
  private static final int EXTERNAL_AUTHENTICATE = 0x8082;

  // Places in the array of the holder.
  private static final int PIN_TRIES = 1;
  private static final int PUK_TRIES = 2;

  private final Scene scene;
  private final Prepared.Image image;
  private final TearableCard card;
  /** Answers of the states of one command, by their names. */
  private final Map<String, List<String>> answers = new HashMap<>();
  private int cuts;

  TornScene(Scene scene, Prepared.Image image) {
    this.scene = scene;
    this.image = image;
    card = image.card();
  }

  /**
   * Throws AssertionError for the first cut after which the card is where it may not be; gives the number of
   * cuts.
   */
  int tearEverywhere() {
    for (int act = 0; act < scene.acts().size(); act++) tear(act);
    if (cuts == 0) throw new AssertionError("nothing in " + scene.title() + " writes");
    return cuts;
  }

  private void tear(int act) {
    Map<Cut.Remains, Integer> steps = new EnumMap<>(Cut.Remains.class);
    for (Cut.Remains remains : Cut.Remains.values()) {
      play(act + 1, remains);
      steps.put(remains, card.steps());
    }
    if (steps.get(Cut.Remains.FORWARD) == 0) return;
    CardState after = stateAfter("after", act + 1);
    CardState before = stateAfter("before", act);
    // The security domain counts authentications before the applet learns of them.
    if (headerOf(act) == EXTERNAL_AUTHENTICATE) before = mixed(before, after);
    List<CardState> within = within(act, before);
    within.add(after);
    answers.clear();
    for (Cut.Remains remains : Cut.Remains.values()) {
      int last = steps.get(remains);
      Cut longest = null;
      int mostTidying = 0;
      for (int step = 0; step <= last; step++) {
        Cut cut = new Cut(step, remains);
        tear(act, cut);
        int tidying = select(remains);
        judge(act, cut.toString(), step == 0 ? List.of(before) : step == last ? List.of(after) : within);
        if (tidying > mostTidying) longest = cut;
        mostTidying = Math.max(tidying, mostTidying);
      }
      if (longest != null) tearTidying(act, longest, mostTidying, within);
    }
  }

  /** Tears the SELECT that tidies up after a cut, of that many steps. */
  private void tearTidying(int act, Cut cut, int tidying, List<CardState> allowed) {
    tear(act, cut);
    CardImage torn = card.save();
    for (int step = 0; step < tidying; step++) {
      Cut second = new Cut(step, cut.remains());
      card.restore(torn, Prepared.SEED);
      card.tear(Apdu.bytes(Apdu.SELECT), second);
      cuts++;
      select(cut.remains());
      judge(act, cut + ", then SELECT at " + second, allowed);
    }
  }

  /** Selects the applet; gives the steps of that. */
  private int select(Cut.Remains remains) {
    card.process(Apdu.bytes(Apdu.SELECT), remains);
    return card.steps();
  }

  /** Tears the card in an act. */
  private void tear(int act, Cut cut) {
    Reader reader = play(act, cut.remains());
    reader.arm(cut);
    cuts++;
    try {
      scene.acts().get(act).play(reader);
      throw new AssertionError("act " + act + " sent nothing");
    } catch (Reader.Torn torn) {
      // As it was to be.
    }
  }

  private void judge(int act, String cut, List<CardState> allowed) {
    Map<String, byte[]> memory = CardState.memoryOf(card.content());
    for (CardState state : allowed) {
      if (!state.hasMemory(memory)) continue;
      compareAnswers(state);
      return;
    }
    StringBuilder reasons = new StringBuilder();
    for (CardState state : allowed)
      reasons.append("; not ").append(state.name()).append(", by").append(state.difference(memory));
    throw new AssertionError(scene.title() + ", act " + act + " torn at " + cut + reasons);
  }

  private void compareAnswers(CardState state) {
    if (answers.containsKey(state.name())) return;
    card.powerOff();
    List<String> given = Questions.ask(card, card.save());
    List<String> expected = Questions.ask(card, state.image());
    for (int i = 0; i < expected.size(); i++)
      if (i >= given.size() || !given.get(i).equals(expected.get(i)))
        throw new AssertionError("not " + state.name() + ", by answer " + i + " of " + given);
    answers.put(state.name(), expected);
  }

  /** Plays that many acts on the card in the state that the scene begins with. */
  private Reader play(int count, Cut.Remains remains) {
    Reader reader = image.restore(remains);
    for (Scene.Act act : scene.acts().subList(0, count)) act.play(reader);
    return reader;
  }

  /** State in which a card is that lost its power between two commands. */
  private CardState stateAfter(String name, int count) {
    play(count, Cut.Remains.FORWARD);
    return stateNow(name);
  }

  private CardState stateNow(String name) {
    card.powerOff();
    select(Cut.Remains.FORWARD);
    card.powerOff();
    return CardState.of(name, card);
  }

  /**
   * States between two writes of one command, beside the one after it. That before it, unless it tries a PIN
   * or the PUK: then a try of that is spent, whatever becomes of the rest. Where it ends a confirmation, that
   * may be in the log and nothing else yet; or the wrong PIN of a confirmation, and not yet that it ended.
   */
  private List<CardState> within(int act, CardState before) {
    List<CardState> states = new ArrayList<>();
    int header = headerOf(act);
    boolean hasPin = header == VERIFY || header == CHANGE_REFERENCE_DATA || header == CONFIRM;
    int tries = hasPin ? PIN_TRIES : header == RESET_RETRY_COUNTER ? PUK_TRIES : 0;
    if (tries == 0) states.add(before);
    else states.add(spent(before, tries));
    Reader reader = play(act, Cut.Remains.FORWARD);
    reader.send(Apdu.INFORMATION);
    if (card.steps() == 0) return states;
    CardState ended = stateNow("confirmation ended");
    if (tries != 0) states.addAll(List.of(before, spent(ended, tries)));
    states.add(ended);
    if (header == CONFIRM) {
      reader = play(act, Cut.Remains.FORWARD);
      card.powerOff();
      reader.send(Apdu.SELECT);
      reader.send(Apdu.verify(Apdu.WRONG));
      states.add(stateNow("wrong PIN, confirmation not ended"));
    }
    return states;
  }

  /** Class, without channel and secure messaging, and instruction of an act's command. */
  private int headerOf(int act) {
    byte[] apdu = play(act + 1, Cut.Remains.FORWARD).last();
    return (apdu[0] & 0x80) << 8 | apdu[1] & 0xFF;
  }

  /** The state in which one try is left less. */
  private CardState spent(CardState state, int place) {
    card.restore(state.image(), Prepared.SEED);
    Map<String, byte[]> content = card.content();
    content.get("Holder.data")[place]--;
    card.load(content);
    return CardState.of(state.name() + ", a try spent", card);
  }

  /** The applet as it was before, on a card whose security domain is as it is after. */
  private CardState mixed(CardState before, CardState after) {
    card.restore(before.image(), Prepared.SEED);
    Map<String, byte[]> content = card.content();
    card.restore(after.image(), Prepared.SEED);
    card.load(content);
    return CardState.of(before.name(), card);
  }
}
