import { describe, expect, it } from "vitest";
import { buildPath, isOwnLink, matchPath, matchRoute, type Route, reachable } from "./router";

const routes: Route<string>[] = [
  { path: "/", page: "home", title: "Home" },
  { path: "/racing/tracks", page: "tracks", title: "Tracks" },
  { path: "/racing/tracks/:id", page: "track", title: "Track" },
];

describe("matchRoute", () => {
  it("finds the first page and plain pages, with or without a slash at the end", () => {
    expect(matchRoute(routes, "/")?.route.page).toBe("home");
    expect(matchRoute(routes, "/racing/tracks/")?.route.page).toBe("tracks");
  });

  it("reads parameters and decodes them", () => {
    expect(matchRoute(routes, "/racing/tracks/my%20oval")?.params).toEqual({ id: "my oval" });
  });

  it("finds nothing for unknown, longer or broken addresses", () => {
    expect(matchRoute(routes, "/nope")).toBeNull();
    expect(matchRoute(routes, "/racing/tracks/a/b")).toBeNull();
    expect(matchPath("/racing/tracks/:id", "/racing/tracks/%E0%A4%A")).toBeNull();
  });
});

describe("buildPath", () => {
  it("is the inverse of matching, for awkward names too", () => {
    const path = buildPath("/racing/tracks/:id", { id: "a/b c?" });
    expect(matchPath("/racing/tracks/:id", path)).toEqual({ id: "a/b c?" });
  });

  it("adds a query and leaves out what is undefined", () => {
    expect(buildPath("/racing/train", {}, { from: "r 1", track: undefined })).toBe("/racing/train?from=r+1");
  });

  it("refuses a missing parameter", () => {
    expect(() => buildPath("/racing/tracks/:id")).toThrow("needs id");
  });
});

describe("isOwnLink", () => {
  const origin = "http://127.0.0.1:8470";
  const plain = { button: 0, modified: false };
  const link = (href: string, extra = {}) => ({ href, target: "", hasDownload: false, ...extra });

  it("takes plain clicks on own pages", () => {
    expect(isOwnLink(link(`${origin}/runs`), plain, origin)).toBe(true);
  });

  it.each([
    [link("https://example.org/"), plain],
    [link(`${origin}/api/v1/runs/x/files/a`), plain],
    [link(`${origin}/runs`, { target: "_blank" }), plain],
    [link(`${origin}/runs`, { hasDownload: true }), plain],
    [link(`${origin}/runs`), { button: 1, modified: false }],
    [link(`${origin}/runs`), { button: 0, modified: true }],
  ])("leaves the rest to the browser (%#)", (target, click) => {
    expect(isOwnLink(target, click, origin)).toBe(false);
  });
});

describe("reachable", () => {
  it("shows a stage once what it is about is known", () => {
    const sections = [
      { id: "home" as const, label: "Projects", path: "/vision" },
      { id: "data" as const, label: "Collect", path: "/vision/projects/:project" },
    ];
    expect(reachable(sections, {}).map((one) => one.path)).toEqual(["/vision"]);
    expect(reachable(sections, { project: "a b" }).map((one) => one.path)).toEqual([
      "/vision",
      "/vision/projects/a%20b",
    ]);
  });
});
