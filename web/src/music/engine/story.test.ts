import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Composition, compositionOf, type Score, scoreOf } from "./document";
import { Story, type Told } from "./story";

// The same file is replayed by the server's own code in tests/music/test_stories.py.
interface Shared {
  begin: Composition;
  story: Told[];
  kept: { taken_back: number[]; parts: Composition["parts"] }[];
}
const SHARED = JSON.parse(
  readFileSync(new URL("../../../../tests/music/stories.json", import.meta.url), "utf8"),
) as Shared[];

type Parts = NonNullable<Composition["parts"]>;
const order = (a: Parts[0]["notes"][0], b: Parts[0]["notes"][0]) =>
  a.onset - b.onset || a.pitch - b.pitch || a.length - b.length || (a.velocity ?? 80) - (b.velocity ?? 80);
const plain = (parts: Composition["parts"]) =>
  (parts ?? []).map(({ id, name, program, is_drum, notes }) => {
    return { id, name, program, is_drum, notes: [...notes].sort(order) };
  });

describe("a story that the server keeps", () => {
  for (const { begin, story, kept } of SHARED) {
    const played = new Story(scoreOf(begin));
    it.each(kept)(
      `of ${story[0]?.name} events is the same here without $taken_back`,
      ({ taken_back, parts }) => {
        const { score } = played.replay(story, new Set(taken_back));
        expect(plain(compositionOf(score).parts)).toEqual(plain(parts));
      },
    );
  }
});

const note = (onset: number, pitch: number, length = 480) => ({ onset, length, pitch, velocity: 80 });
const piece = (): Score =>
  scoreOf({ title: "", parts: [{ id: "lead", name: "Lead", notes: [note(0, 60), note(480, 62)] }] } as never);
const add = (index: number, one: ReturnType<typeof note>): Told => ({
  name: "edit",
  news: {
    index,
    iteration: 1,
    kind: "add",
    part: "added",
    removed: null,
    added_part: "added",
    added: one,
    chance: 1,
  },
});
const remove = (index: number, one: ReturnType<typeof note>, part = "lead"): Told => ({
  name: "edit",
  news: { index, iteration: 1, kind: "remove", part, removed: one, added_part: null, added: null, chance: 1 },
});
const pitches = (score: Score) => score.tracks.map((track) => track.notes.map(({ pitch }) => pitch));

describe("a story by hand", () => {
  const told = [
    add(0, note(0, 64)),
    remove(1, note(480, 62)),
    add(2, note(480, 62)),
    remove(3, note(0, 64), "added"),
  ];

  it("goes forward edit by edit", () => {
    const story = new Story(piece());
    const at = (until: number) => pitches(story.replay(told, new Set(), until).score);
    expect(at(0)).toEqual([[60, 62]]);
    expect(at(1)).toEqual([[60, 62], [64]]);
    expect(at(2)).toEqual([[60], [64]]);
    expect(at(3)).toEqual([[60], [64, 62]]);
    expect(at(4)).toEqual([[60], [62]]);
  });

  it("leaves out what is taken back, and what was built on it", () => {
    const { score, fates } = new Story(piece()).replay(told, new Set([0, 1]));
    // 2 finds its place taken by the note that stayed, 3 finds nothing to remove
    expect(fates).toEqual(["taken back", "taken back", "fell away", "fell away"]);
    expect(pitches(score)).toEqual([[60, 62]]);
  });

  it("says what came and what went, with the event that did it", () => {
    const { came, went } = new Story(piece()).replay(told, new Set([3]));
    expect(came.map(({ note: { pitch }, index }) => [pitch, index])).toEqual([
      [64, 0],
      [62, 2],
    ]);
    expect(went.map(({ note: { pitch }, index }) => [pitch, index])).toEqual([[62, 1]]);
  });

  it("counts a note that comes back as it was as never gone", () => {
    const again = { ...add(1, note(0, 60)) };
    again.news = { ...again.news, part: "lead", added_part: "lead" } as typeof again.news;
    const { came, went, score } = new Story(piece()).replay([remove(0, note(0, 60)), again]);
    expect([came, went]).toEqual([[], []]);
    expect(pitches(score)).toEqual([[60, 62]]);
  });

  it("keeps parts that nothing happens to, and the ids of its notes", () => {
    const story = new Story(piece());
    const first = story.replay(told, new Set(), 1).score.tracks;
    expect(first[0]).toBe(story.begin.tracks[0]);
    expect(story.replay(told, new Set(), 2).score.tracks[1]?.notes[0]?.id).toBe(first[1]?.notes[0]?.id);
  });
});
