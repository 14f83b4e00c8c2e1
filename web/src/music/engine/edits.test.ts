import { describe, expect, it } from "vitest";
import { compositionOf, end, makeTrack, type Score, scoreOf, trackOf } from "./document";
import {
  addNotes,
  addTrack,
  copyNotes,
  deleteNotes,
  type Ids,
  legato,
  moveNotes,
  notesIn,
  pasteNotes,
  quantise,
  removeTrack,
  replaceScore,
  resizeNotes,
  setHead,
  setInfo,
  setPinned,
  setVelocity,
  splitAt,
} from "./edits";
import { applyPatches, History, type Patch, undoing } from "./history";
import { dice, randomScore } from "./samples";

const ONE = "part-1";

function piece(...onsets: number[]): Score {
  const notes = onsets.map((onset) => ({ onset, length: 240, pitch: 60, velocity: 80 }));
  return { ...randomScore([], 0, 1), tracks: [makeTrack(ONE, {}, notes)] };
}

const idsOf = (score: Score): Ids => new Set(trackOf(score, ONE).notes.map((note) => note.id));
const notesOf = (score: Score, patches: readonly Patch[]) => trackOf(applyPatches(score, patches), ONE).notes;

/** Some edit of every kind, chosen by the dice. */
function anyEdit(score: Score, roll: () => number): readonly Patch[] {
  const track = score.tracks[Math.floor(roll() * score.tracks.length)] as Score["tracks"][number];
  const ids = new Set(track.notes.filter(() => roll() < 0.4).map((note) => note.id));
  const amount = Math.round((roll() - 0.5) * 4000);
  const clip = copyNotes(score, track.id, ids);
  const edits: (() => readonly Patch[])[] = [
    () =>
      addNotes(track.id, [{ onset: 100 * roll(), length: 50, pitch: 127 * roll(), velocity: 200 * roll() }])
        .patches,
    () => deleteNotes(score, track.id, ids),
    () => moveNotes(score, track.id, ids, amount, amount / 40),
    () => resizeNotes(score, track.id, ids, amount, roll() < 0.5 ? "start" : "end"),
    () => setVelocity(score, track.id, ids, (note) => note.velocity + amount / 20),
    () => quantise(score, track.id, ids, { grid: 120, strength: roll(), lengths: roll() < 0.5 }),
    () => legato(score, track.id, ids),
    () => setPinned(score, track.id, ids, roll() < 0.5),
    () => splitAt(score, track.id, ids, Math.abs(amount)),
    () => (clip ? pasteNotes(track.id, clip, Math.abs(amount)).patches : []),
    () => setInfo(score, track.id, { volume: Math.floor(127 * roll()), mute: roll() < 0.5 }),
    () => addTrack(score, { program: 40 }).patches,
    () => removeTrack(score, track.id),
    () => setHead(score, { tempos: [{ tick: 0, bpm: 60 + 100 * roll() }], title: "x" }),
    () => replaceScore(score, randomScore([5, 5], 4000, Math.floor(roll() * 1000))),
  ];
  return (edits[Math.floor(roll() * edits.length)] as () => readonly Patch[])();
}

describe("undo", () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    "restores exactly what was there, however long the way (seed %i)",
    (seed) => {
      const roll = dice(seed);
      const first = randomScore([30, 20], 8000, seed);
      const history = new History(first);
      const states = [structuredClone(first)];
      for (let i = 0; i < 120; i++) {
        const patches = anyEdit(history.score, roll);
        if (patches.length === 0) continue;
        history.do("edit", patches);
        states.push(structuredClone(history.score));
      }
      for (let i = states.length - 2; i >= 0; i--) expect(history.undo()).toEqual(states[i]);
      expect(history.undoLabel).toBeUndefined();
      for (let i = 1; i < states.length; i++) expect(history.redo()).toEqual(states[i]);
      expect(history.redoLabel).toBeUndefined();
    },
  );

  it("never changes a score that somebody else still holds", () => {
    const score = randomScore([40], 4000, 3);
    const before = structuredClone(score);
    const roll = dice(5);
    for (let i = 0; i < 60; i++) applyPatches(score, anyEdit(score, roll));
    expect(score).toEqual(before);
  });

  it("keeps notes in order and patches reversible", () => {
    const score = randomScore([200], 20_000, 9);
    const patches = moveNotes(score, ONE, new Set([...idsOf(score)].slice(50, 120)), 3333, -5);
    const moved = notesOf(score, patches);
    expect([...moved].sort((a, b) => a.onset - b.onset || a.pitch - b.pitch || a.id - b.id)).toEqual(moved);
    expect(applyPatches(applyPatches(score, patches), undoing(patches))).toEqual(score);
  });

  it("takes back a dragged slider in one step, and a new edit ends what could be redone", () => {
    const history = new History(piece(0));
    for (const volume of [90, 80, 70])
      history.do("Volume", setInfo(history.score, ONE, { volume }), "volume");
    expect(trackOf(history.undo(), ONE).volume).toBe(100);
    expect(trackOf(history.redo(), ONE).volume).toBe(70);
    history.undo();
    history.do("Mute", setInfo(history.score, ONE, { mute: true }));
    expect(history.redoLabel).toBeUndefined();
  });
});

describe("editing", () => {
  it("moves a group as one: the first note stops all of them at the beginning, the highest at the top", () => {
    const score = piece(240, 960);
    expect(
      notesOf(score, moveNotes(score, ONE, idsOf(score), -500, 100)).map((n) => [n.onset, n.pitch]),
    ).toEqual([
      [0, 127],
      [720, 127],
    ]);
  });

  it("keeps the other end still while a note is resized, and never makes it shorter than asked", () => {
    const score = piece(480);
    const [left] = notesOf(score, resizeNotes(score, ONE, idsOf(score), 100, "start"));
    expect([left?.onset, left && end(left)]).toEqual([580, 720]);
    const [short] = notesOf(score, resizeNotes(score, ONE, idsOf(score), -5000, "end", 60));
    expect([short?.onset, short?.length]).toEqual([480, 60]);
  });

  it("quantises by as much as is asked", () => {
    const score = piece(100, 500);
    const at = (strength: number) =>
      notesOf(score, quantise(score, ONE, idsOf(score), { grid: 240, strength, lengths: false })).map(
        (n) => n.onset,
      );
    expect(at(0)).toEqual([100, 500]);
    expect(at(0.5)).toEqual([50, 490]);
    expect(at(1)).toEqual([0, 480]);
  });

  it("takes the grid anew from each bar line where the metre changes", () => {
    const score: Score = {
      ...piece(1440 + 470),
      metres: [
        { tick: 0, beats: 3, beat_unit: 4 },
        { tick: 1440, beats: 7, beat_unit: 8 },
      ],
    };
    // Bars begin at 1440 and, 1680 ticks later, at 3120: not on multiples of a half note.
    const whole = { grid: 960, strength: 1, lengths: false };
    expect(notesOf(score, quantise(score, ONE, idsOf(score), whole))[0]?.onset).toBe(1440);
  });

  it("leaves pinned notes alone, whatever is done, until they are unpinned", () => {
    const start = piece(0, 480);
    const [first] = trackOf(start, ONE).notes;
    const score = applyPatches(start, setPinned(start, ONE, new Set([first?.id ?? 0]), true));
    const all = idsOf(score);
    for (const patches of [
      deleteNotes(score, ONE, all),
      moveNotes(score, ONE, all, 77, 3),
      resizeNotes(score, ONE, all, 50),
      setVelocity(score, ONE, all, 1),
      quantise(score, ONE, all, { grid: 960, strength: 1, lengths: true }),
    ]) {
      expect(notesOf(score, patches).find((note) => note.id === first?.id)).toEqual({
        ...first,
        pinned: true,
      });
    }
    expect(compositionOf(score).parts?.[0]?.notes?.map((note) => note.pinned)).toEqual([true, undefined]);
    expect(applyPatches(score, setPinned(score, ONE, all, false))).toEqual(start);
  });

  it("pastes what was copied at another place, as new notes", () => {
    const score = piece(480, 960);
    const clip = copyNotes(score, ONE, idsOf(score));
    const { patches, ids } = pasteNotes(ONE, clip ?? { notes: [], length: 0 }, 4800);
    const now = notesOf(score, patches);
    expect(now.map((note) => note.onset)).toEqual([480, 960, 4800, 5280]);
    expect(now.filter((note) => ids.has(note.id)).map((note) => note.onset)).toEqual([4800, 5280]);
    expect(clip?.length).toBe(720);
  });

  it("splits, and joins by legato up to the next onset", () => {
    const score = piece(0, 960);
    const cut = applyPatches(score, splitAt(score, ONE, idsOf(score), 100));
    expect(trackOf(cut, ONE).notes.map((note) => [note.onset, note.length])).toEqual([
      [0, 100],
      [100, 140],
      [960, 240],
    ]);
    expect(notesOf(cut, legato(cut, ONE, idsOf(cut))).map((note) => note.length)).toEqual([100, 860, 240]);
  });

  it("finds what a box touches", () => {
    const score = piece(0, 480, 960);
    expect(notesIn(trackOf(score, ONE), { from: 239, to: 481, low: 60, high: 61 }).size).toBe(2);
    expect(notesIn(trackOf(score, ONE), { from: 240, to: 480, low: 60, high: 61 }).size).toBe(0);
  });

  it("keeps values within what MIDI knows, and at least one part", () => {
    const made = addNotes(ONE, [{ onset: -5, length: 0, pitch: 300, velocity: 0 }]).patches[0];
    expect(made?.kind === "notes" && made.added[0]).toMatchObject({
      onset: 0,
      length: 1,
      pitch: 127,
      velocity: 1,
    });
    expect(removeTrack(piece(0), ONE)).toEqual([]);
  });
});

describe("a composition", () => {
  it("comes back from the server's shape as it went", () => {
    const composition = compositionOf(randomScore([12, 7], 5000, 4));
    expect(compositionOf(scoreOf(composition))).toEqual(composition);
  });

  it("without parts, tempos or metres still opens", () => {
    const score = scoreOf({ parts: [], tempos: [], metres: [] } as never);
    expect(score.tracks).toHaveLength(1);
    expect(score.tempos).toHaveLength(1);
  });

  it("gives a new part an id that is free", () => {
    const score = randomScore([1, 1], 100, 1);
    expect(addTrack(score, {}).id).toBe("part-3");
    expect(addTrack({ ...score, tracks: score.tracks.slice(1) }, {}).id).toBe("part-1");
  });
});
