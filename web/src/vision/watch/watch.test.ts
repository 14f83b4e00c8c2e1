import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Verdict } from "@/api/vision";
import type { SeenEvent } from "@/api/watch";
import { doing, freshRule, ruleProblem, says } from "./ruleText";
import { Seen } from "./seen.svelte";
import { eventOf, Votes } from "./verdicts";

describe("what frames agree on", () => {
  it("settles once three have been seen and three in five say the same, and stays until they say something else", () => {
    const votes = new Votes();
    const said = ["cat", "cat", "dog", "cat", "dog", "dog", "dog"].map((label, k) => votes.see(label, k));
    expect(said.slice(0, 2)).toEqual([null, null]);
    expect(said.map((one) => one?.label)).toEqual([undefined, undefined, "cat", "cat", "cat", "dog", "dog"]);
    expect(said.map((one) => one?.new ?? false)).toEqual([false, false, true, false, false, true, false]);
    expect([said[4]?.since, said[6]?.since, said[6]?.frames]).toEqual([2, 5, 4]);
  });

  it("may be that the model does not know it", () => {
    const votes = new Votes();
    const verdict = { predicted: "cat", confidence: 0.4, known: false, top: [] } as unknown as Verdict;
    const frame = { number: 7, time: 1, width: 4, height: 3, latencyMs: 12 };
    const about = { project: "p", source: "browser" };
    const events = [0, 1, 2].map(() => eventOf(verdict, frame, about, votes));
    expect(events[2]).toMatchObject({
      label: null,
      frame: 7,
      latency_ms: 12,
      settled: { label: null, new: true },
    });
  });
});

describe("what was seen", () => {
  const made: string[] = [];
  beforeEach(() => {
    made.length = 0;
    vi.spyOn(URL, "createObjectURL").mockImplementation(() => {
      made.push(`blob:${made.length}`);
      return made.at(-1) ?? "";
    });
  });
  afterEach(() => vi.restoreAllMocks());
  let frame = 0;
  const event = (label: string, isNew: boolean, latency_ms = 10) =>
    ({
      label,
      frame: frame++,
      latency_ms,
      time: 1,
      settled: { label, share: 1, frames: 5, since: 1, new: isNew },
    }) as SeenEvent;

  it("says how fast it goes and keeps the picture of each moment at which something settled", () => {
    const seen = new Seen();
    for (let k = 0; k < 5; k++) seen.see(event("cat", k === 2, 10 * k), null, new Blob(["x"]), 100 * k);
    expect([seen.framesPerS, seen.latencyMs]).toEqual([10, 20]);
    expect(seen.moments.map(({ text, url }) => [text, url])).toEqual([["cat", "blob:0"]]);
    seen.give(seen.moments[0]?.key ?? 0, "dog");
    expect(seen.moments[0]?.given).toBe("dog");
  });

  it("tells what settled between two looks as well, once, where it belongs, with its place in a film", () => {
    const seen = new Seen();
    const at = (second: number, isNew: boolean) => ({ ...event("can", isNew), frame: second, time: second });
    seen.see(at(2, true), null, new Blob(["x"]));
    seen.see(at(8, true), null, new Blob(["x"]));
    const missed = { time: 5, frame: 5, label: null, time_s: 0.5 };
    for (const news of [{ ...missed, frame: 2 }, missed, missed]) seen.settled(news);
    expect(seen.moments.map(({ label, placeS, picture }) => [label, placeS, picture !== null])).toEqual([
      ["can", null, true],
      [null, 0.5, false],
      ["can", null, true],
    ]);
  });

  it("gives old pictures and events back, so that it can go on for days", () => {
    const revoked = vi.spyOn(URL, "revokeObjectURL");
    const seen = new Seen();
    for (let k = 0; k < 1000; k++) seen.see(event(`${k}`, k % 10 === 0), null, new Blob(["x"]), k);
    expect([seen.moments.length, seen.events.length]).toEqual([40, 900]);
    expect(revoked.mock.calls.length).toBe(60);
    seen.clear();
    expect([revoked.mock.calls.length, seen.moments.length]).toEqual([100, 0]);
  });
});

describe("a rule", () => {
  const rule = freshRule([], ["can", "leaf"]);

  it("is read as a sentence", () => {
    const ready = doing(rule, [{ kind: "webhook", url: "https://example.org/hook" }]);
    expect(says(ready)).toBe(
      "When “can” has been seen for 3 s, call https://example.org/hook; not again for 60 s.",
    );
    expect(says({ ...ready, when: "more", count: 3, again_s: 0 })).toMatch(
      /^When there have been more than 3 of “.*” for \d+ s, /,
    );
    expect(says({ ...ready, when: "unknown", for_s: 0, again_s: 0 })).toBe(
      "When the model has not known what it sees, call https://example.org/hook.",
    );
  });

  it("says what is missing", () => {
    const webhook = (url: string) => ruleProblem(doing(rule, [{ kind: "webhook", url }]), ["can"]);
    expect([webhook(""), webhook("ftp://x"), webhook("http://bin.local/full")]).toEqual([
      "Give the webhook's address, http:// or https://.",
      "Give the webhook's address, http:// or https://.",
      "",
    ]);
    const note = doing(rule, [{ kind: "note", text: "" }]);
    expect(ruleProblem({ ...note, label: "cat" }, ["can"])).toContain("no class “cat”");
    expect(ruleProblem({ ...note, when: "fewer", count: 0 }, ["can"])).toContain("fewer than none");
    expect(ruleProblem({ ...note, when: "more", count: 0 }, ["can"])).toBe("");
    expect(ruleProblem({ ...note, label: "" }, [])).toContain("which class");
    expect(ruleProblem({ ...note, name: " " }, [])).toContain("name");
    expect(ruleProblem({ ...note, when: "unknown", label: null }, ["can"])).toBe("");
    expect(ruleProblem(doing(rule, [{ kind: "mqtt", topic: "#" }]), [])).toContain("topic");
  });
});
